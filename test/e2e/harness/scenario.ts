/**
 * Gives a scenario its deployments by name: nothing of them is there when it begins, and nothing when it ends,
 * however it ends. When a test fails, it is told why before anything is cleaned up.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { tellWhy } from './diagnosis.ts';
import { healHeartbeat } from './harm.ts';
import { projectOf, readIncus } from './incus.ts';
import { purge } from './purge.ts';
import { list, PREPARE_MS, prepareHost, programTmp, quorate, remove, said, stopAll } from './quorate.ts';
import { say } from './report.ts';

/** Two minutes: deleting five nodes takes seconds; a stuck operation of Incus gives up after one minute. */
const CLEAN_UP_MS = 120_000;

export function scenarioOf(...deployments: readonly string[]): { specFile: (name: string, text: string) => string } {
  const directory = mkdtempSync(join(tmpdir(), 'e2e-'));
  let broken = false;

  beforeAll(async () => {
    await prepareHost();
    // A run that was killed may have left them.
    await Promise.all(deployments.map(cleanUp));
  }, PREPARE_MS + CLEAN_UP_MS);

  // The tests of a scenario are its acts, in order: after one that failed the next would only say so again.
  beforeEach(({ skip }) => skip(broken, 'an earlier part of this scenario failed'));

  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    broken = true;
    for (const deployment of deployments) await tellWhy(deployment);
  }, CLEAN_UP_MS);

  afterAll(async () => {
    rmSync(directory, { recursive: true, force: true });
    await stopAll();
    await Promise.all(deployments.map(cleanUp));
    rmSync(programTmp, { recursive: true, force: true });
  }, CLEAN_UP_MS);

  return {
    specFile: (name, text) => {
      const path = join(directory, name);
      writeFileSync(path, text);
      return path;
    },
  };
}

async function cleanUp(deployment: string): Promise<void> {
  await healHeartbeat(deployment);
  const known = (await list()).some(({ name }) => name === deployment);
  if (!known && (await readIncus(`/1.0/projects/${projectOf(deployment)}`)) === undefined) return;
  const ran = known ? await quorate(['delete', deployment, '--yes']) : undefined;
  if (ran?.exitCode === 0) return;
  say(
    `clean-up by force of ${deployment}${ran === undefined ? ': Quorate does not know it' : ` because ${said(ran)}`}`,
  );
  await purge(deployment);
  if (known) await remove(deployment);
}
