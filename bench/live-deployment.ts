/** The deployment that is measured as a whole: made by `quorate apply` from nothing, removed at the end. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectOf, readIncus } from '../test/e2e/harness/incus.ts';
import { purge } from '../test/e2e/harness/purge.ts';
import { prepareHost } from '../test/e2e/harness/quorate.ts';
import { basicText } from '../test/e2e/harness/spec-text.ts';
import type { Bench, LiveDeployment } from './bench.ts';
import { runProgram, runWithPeak } from './program.ts';

const name = 'bench-live';

export async function makeLiveDeployment({ report, signal, atEnd }: Omit<Bench, 'live'>): Promise<LiveDeployment> {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-bench-'));
  atEnd(() => rm(directory, { recursive: true, force: true }));
  atEnd(() => remove(report.progress));
  await remove(report.progress);
  const file = join(directory, 'deployment.yaml');
  await writeFile(file, basicText(name));
  // Again, for somebody may have changed the image's recipe meanwhile: building it is not what is measured.
  await prepareHost();
  report.progress(`quorate apply of ${name}`);
  const { durationMs, peakBytes } = await runWithPeak(['apply', '-f', file], signal);
  return { name, appliedMs: durationMs, applyPeakBytes: peakBytes };
}

/** Also what a run left that was killed. */
async function remove(progress: (text: string) => void): Promise<void> {
  const known = JSON.parse((await runProgram(['list', '--json'])).stdout) as readonly { readonly name: string }[];
  const forgotten = !known.some((line) => line.name === name);
  if (forgotten && (await readIncus(`/1.0/projects/${projectOf(name)}`)) === undefined) return;
  progress(`removing ${name}`);
  if (forgotten) await purge(name);
  else await runProgram(['delete', name, '--yes']);
}
