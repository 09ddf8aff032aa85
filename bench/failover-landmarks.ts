/**
 * Where the time of a fail-over goes, by the journals of the nodes that outlived it. Reads the words of corosync
 * 3.1 and Pacemaker 3.0; one that another version says otherwise is missing in the report, no more.
 */
import { execDone } from '../test/e2e/harness/quorate.ts';

export const landmarkWords = {
  silent: 'corosync misses the node',
  lost: 'corosync has a membership without it',
  asked: 'Pacemaker asks for its fencing',
  fenced: 'Pacemaker knows it fenced',
  started: 'the first resource is started elsewhere',
} as const;

/** Milliseconds after the kill. */
export type Landmarks = Readonly<Record<keyof typeof landmarkWords, number | undefined>>;

export async function landmarksOf(
  deployment: string,
  kill: { readonly survivors: readonly string[]; readonly victim: string; readonly killedOn: number },
): Promise<Landmarks> {
  const { survivors, victim, killedOn } = kill;
  const journals = await Promise.all(survivors.map((node) => journalOf(deployment, node, killedOn)));
  const lines = journals.join('\n').split('\n');
  const first = (pattern: RegExp): number | undefined => {
    const times = lines.filter((line) => pattern.test(line)).map((line) => Number(line.split(' ', 1)[0]));
    return times.length === 0 ? undefined : Math.min(...times) * 1000 - killedOn;
  };
  return {
    silent: first(/\[TOTEM \] .*(Token has not been received|processor failed)/),
    lost: first(/\[TOTEM \] A new membership/),
    asked: first(new RegExp(`Requesting peer fencing \\(\\w+\\) targeting ${victim}`)),
    fenced: first(new RegExp(`Operation '\\w+' targeting ${victim} by .*: (OK|complete)`)),
    started: first(/Result of start operation for/),
  };
}

function journalOf(deployment: string, node: string, sinceMs: number): Promise<string> {
  // By identifier: in a container journald does not always learn which unit corosync's lines came from.
  const units = ['corosync', 'pacemaker-controld', 'pacemaker-fenced'].map((unit) => `--identifier=${unit}`);
  const argv = ['journalctl', '--no-pager', '--output=short-unix', `--since=@${sinceMs / 1000}`, ...units];
  return execDone(deployment, node, argv);
}
