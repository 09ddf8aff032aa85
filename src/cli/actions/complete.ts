import type { Command } from 'commander';
import { cloudNames, deploymentNames, nodeNames } from '../../commands/completion-names.ts';
import { complete } from '../complete.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Session } from '../shell.ts';

/** What a completion script calls: candidates, one a line, with what they are after a tab. Never fails. */
export async function run(
  session: Session,
  { program, words }: { readonly program: Command; readonly words: readonly string[] },
): Promise<number> {
  const names = {
    deployments: async () => deploymentNames(await session.context()),
    nodes: async (deployment: string) => nodeNames(await session.context(), deployment),
    clouds: async () => cloudNames(await session.context()),
  };
  const candidates = await complete(program, words, names).catch(() => []);
  session.stdout.write(candidates.map(({ word, is }) => (is === '' ? `${word}\n` : `${word}\t${is}\n`)).join(''));
  return exitCodes.ok;
}
