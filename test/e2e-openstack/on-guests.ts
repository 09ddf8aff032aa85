/**
 * A deployment on guests that really run, in the test bed's zone `real`: the project, the image in Glance, the file, and
 * the acts of a scenario one after another. Nothing says how fast: guests are emulated.
 */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { parse, stringify } from 'yaml';
import { eventually } from '../e2e/harness/eventually.ts';
import { quorate, quorateDone, status } from '../e2e/harness/quorate.ts';
import { say, timed } from '../e2e/harness/report.ts';
import { exampleText } from '../e2e/harness/spec-text.ts';
import { type Lab, openLab } from '../openstack/lab.ts';

/** Shared with the tests of one guest, and kept, so that the image is built once. */
const stateDirectory = fileURLToPath(new URL('../../.cache/guest', import.meta.url));
process.env['QUORATE_STATE'] = stateDirectory;

/** An emulated guest boots for minutes, and five of them on two cores for many. */
export const PATIENCE_MS = 50 * 60_000;

export type Guests = {
  /** Everything is up: status says ready. Returns the last status. */
  readonly ready: () => ReturnType<typeof status>;
  readonly apply: () => Promise<void>;
  readonly planned: () => Promise<unknown>;
  /** The status that somebody gets who has the key, of the store nothing, and imports it from the cloud. */
  readonly adopted: () => ReturnType<typeof status>;
  /** Deletes it; what the project has then and had not before, and the other way round. */
  readonly removed: () => Promise<{ readonly appeared: readonly string[]; readonly vanished: readonly string[] }>;
};

type Tier = Record<string, unknown>;
type Spec = { cloud: string; cluster: Tier; loadBalancers?: Tier; storageCluster?: Tier; roles?: Record<string, Tier> };

/** @param change of the example, which is for a machine's own cloud */
export function onGuests(name: string, example: string, change: (spec: Spec) => void): Guests {
  let lab: Lab;
  let file: string;
  let before: readonly string[];
  let broken = false;

  beforeAll(async () => {
    const spec = parse(exampleText(example, name)) as Spec;
    spec.cloud = 'lab';
    // Emulated guests on few cores stand still for longer than a real one may.
    Object.assign(spec.cluster, { flavor: 'small', failureDetection: 'tolerant' });
    for (const tier of [spec.loadBalancers, spec.storageCluster, ...Object.values(spec.roles ?? {})])
      if (tier !== undefined) tier['flavor'] = 'small';
    change(spec);
    lab = await openLab(name, 'real');
    file = lab.write('deployment.yaml', stringify(spec));
    await quorate(['delete', name, '--yes'], { timeoutMs: PATIENCE_MS });
    await timed('image', () => quorateDone(['image', 'upload', '--cloud', 'lab'], { timeoutMs: PATIENCE_MS }));
    before = await lab.inventory();
  });
  // After an act that failed the next would only say so again.
  beforeEach(({ skip }) => skip(broken, 'an earlier part failed'));
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    broken = true;
    for (const words of [
      ['status', name],
      ['events', name],
    ]) {
      const { stdout, stderr } = await quorate(words, { timeoutMs: 120_000 });
      say(stdout + stderr);
    }
  });
  afterAll(async () => {
    if (broken) await quorate(['delete', name, '--yes'], { timeoutMs: PATIENCE_MS });
    await lab?.remove();
  });

  return {
    ready: () =>
      eventually(
        `${name} is ready`,
        PATIENCE_MS,
        () => status(name),
        ({ state }) => state === 'ready',
      ),
    apply: async () => {
      const argv = ['apply', '-f', file, '--timeout', '50min'];
      const { stdout } = await timed('create', () => quorateDone(argv, { timeoutMs: PATIENCE_MS }));
      say(stdout);
    },
    planned: async () => JSON.parse((await quorateDone(['plan', '-f', file, '--json'])).stdout) as unknown,
    adopted: async () => {
      const elsewhere = mkdtempSync(join(tmpdir(), 'quorate-adopted-'));
      copyFileSync(join(stateDirectory, 'key'), join(elsewhere, 'key'));
      process.env['QUORATE_STATE'] = elsewhere;
      try {
        await quorateDone(['import', name, '--cloud', 'lab'], { timeoutMs: 120_000 });
        return await status(name);
      } finally {
        process.env['QUORATE_STATE'] = stateDirectory;
        rmSync(elsewhere, { recursive: true });
      }
    },
    removed: async () => {
      await timed('delete', () => quorateDone(['delete', name, '--yes'], { timeoutMs: PATIENCE_MS }));
      const after = await lab.inventory();
      return {
        appeared: after.filter((line) => !before.includes(line)),
        vanished: before.filter((line) => !after.includes(line)),
      };
    },
  };
}
