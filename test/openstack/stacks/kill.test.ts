/**
 * `quorate` killed at many moments while Heat, Nova, Neutron and Cinder work for it: the same command goes on from there,
 * what it makes in the end is what an undisturbed run makes, and a delete leaves nothing. Guests do not run in zone
 * `fake`, so a deployment is made once every server is there and Quorate waits for its first member.
 * `QUORATE_TEST_SEED=n` makes the run with that seed again.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { quorateKilled, randomOf, renderInstant } from '../../e2e/harness/killed.ts';
import { list, quorateDone } from '../../e2e/harness/quorate.ts';
import { say } from '../../e2e/harness/report.ts';
import { allMade, type Lab, labText, openLab } from '../lab.ts';

const name = 'os-kill';
/** Below what each took on two busy cores: making all of it, and removing it. */
const [MAKE_MS, REMOVE_MS] = [60_000, 20_000];

const seed = Number(process.env['QUORATE_TEST_SEED'] ?? Date.now() % 1_000_000);
const random = randomOf(seed);
const state = mkdtempSync(join(tmpdir(), 'quorate-kill-'));
process.env['QUORATE_STATE'] = state;
let lab: Lab;
let file: string;
let before: readonly string[];
let undisturbed: readonly string[];

beforeAll(async () => {
  say(`seed ${seed}`);
  lab = await openLab(name, 'fake');
  file = lab.write('deployment.yaml', labText(name, 2));
  before = kinds(await lab.inventory());
});
afterAll(async () => {
  rmSync(state, { recursive: true });
  await lab?.remove();
});

/** Floating IPs and attachments have ids for names. */
const kinds = (inventory: readonly string[]): readonly string[] =>
  inventory.map((line) => line.replace(/[0-9a-f]{8}-?[0-9a-f-]{23,27}/, '*'));

async function kill(args: readonly string[], below: number): Promise<boolean> {
  const instant = { plusMs: random(below) };
  const { hit, told } = await quorateKilled(args, instant);
  say(`${args[0]} killed ${renderInstant(instant)}${hit ? '' : ', when it had ended'}; it had told:${told}`);
  return hit;
}

async function gone(): Promise<void> {
  if ((await list()).some((line) => line.name === name))
    await quorateDone(['delete', name, '--yes'], { timeoutMs: 300_000 });
  expect(kinds(await lab.inventory())).toEqual(before);
}

it('makes and removes a deployment when nobody disturbs it', async () => {
  expect(await quorateKilled(['apply', '-f', file], allMade)).toMatchObject({ hit: true });
  undisturbed = kinds(await lab.inventory());
  expect(undisturbed).toContain('servers app-2');
  await gone();
});

it('makes the same when apply is killed again and again, and removes it when delete is, too', async () => {
  for (let kills = 0; kills < 8; kills += 1) await kill(['apply', '-f', file], MAKE_MS / 4);
  expect(await quorateKilled(['apply', '-f', file], allMade)).toMatchObject({ hit: true });
  expect(kinds(await lab.inventory())).toEqual(undisturbed);
  let hits = 0;
  while (hits < 6 && (await kill(['delete', name, '--yes'], REMOVE_MS / 4))) hits += 1;
  expect(hits).toBeGreaterThan(2);
  await gone();
});

it.each([0.1, 0.3, 0.5, 0.7, 0.9])(
  'removes what an apply has made that was killed after %f of its time',
  async (part) => {
    await quorateKilled(['apply', '-f', file], { plusMs: part * MAKE_MS });
    await gone();
    expect((await list()).map((line) => line.name)).not.toContain(name);
  },
);
