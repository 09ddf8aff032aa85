/** Runs `images/build.sh` and says which phase it is in; what it makes appears whole or not at all. */
import { appendFile, mkdir, readFile, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { Refusal } from '../../../kernel/refusal.ts';
import { renderSourcesFor } from '../host/apt-sources.ts';
import { hostRelease, readAptSources } from '../host/packages.ts';

export type BuildOptions = {
  readonly script: string;
  readonly format: 'incus' | 'qcow2';
  readonly agentsDirectory: string;
  readonly outDirectory: string;
  readonly recipe: string;
  readonly report: (activity: string) => void;
};

const imageRelease = 'trixie';
/** Root, packed image and room for a second of each; a disk image's raw form besides. */
const neededGiB = { incus: 2, qcow2: 5 };

/** A build on a slow machine and a slow mirror. */
export const buildPatienceMs = 1_800_000;

/** @throws Refusal DISK_FULL, TOOL_MISSING with the end of the build's log */
export async function buildImage({
  script,
  format,
  agentsDirectory,
  outDirectory,
  recipe,
  report,
}: BuildOptions): Promise<void> {
  const images = dirname(outDirectory);
  await mkdir(images, { recursive: true, mode: 0o700 });
  const { bavail, bsize } = await statfs(images);
  const freeGiB = (bavail * bsize) / 2 ** 30;
  if (freeGiB < neededGiB[format])
    throw new Refusal(
      'DISK_FULL',
      `${images} has ${freeGiB.toFixed(1)} GiB free; building the node image needs ${neededGiB[format]}`,
      {
        retry: 'never',
        next: 'Make room, or name another directory with --state.',
        data: { freeGiB, neededGiB: neededGiB[format] },
      },
    );
  const sources = join(images, 'apt.sources');
  await writeFile(sources, await imageSources());
  const log = join(images, 'build.log');
  await writeFile(log, '', { mode: 0o600 });
  const inputs = ['--agents', agentsDirectory, '--sources', sources, '--recipe', recipe];
  const build = execa(script, ['--format', format, '--out', outDirectory, ...inputs], {
    stdin: 'ignore',
    stderr: { file: log, append: true },
    reject: false,
    buffer: false,
  });
  for await (const line of build.iterable({ from: 'stdout' })) {
    await appendFile(log, `${line}\n`);
    if (line.startsWith('== ') && line !== '== done') report(`building the node image: ${line.slice(3)}`);
  }
  const result = await build;
  if (!result.failed) return;
  const words = (await readFile(log, 'utf8')).trim().split('\n').slice(-8).join('\n');
  const full = /No space left on device/.test(words);
  throw new Refusal(full ? 'DISK_FULL' : 'TOOL_MISSING', `the node image could not be built:\n${words}`, {
    retry: 'later',
    next: full ? 'Make room, then run the same command again.' : `See ${log}, then run the same command again.`,
  });
}

async function imageSources(): Promise<string> {
  const text = renderSourcesFor(await readAptSources(), await hostRelease(), imageRelease);
  if (text !== '') return text;
  throw new Refusal('TOOL_MISSING', 'this host has no Debian package source from which the node image could be built', {
    retry: 'never',
    next: 'Configure Debian in /etc/apt/sources.list.d, then run the same command again.',
  });
}
