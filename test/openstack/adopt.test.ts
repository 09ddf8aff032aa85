/** A deployment whose store is lost, adopted from the cloud alone by whoever has the key: status says what it said before. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { StatusView } from '../../src/commands/status-view.ts';
import { quorateKilled } from '../e2e/harness/killed.ts';
import { list, quorate, quorateDone, status } from '../e2e/harness/quorate.ts';
import { allMade, type Lab, labText, openLab } from './lab.ts';

const name = 'os-adopt';
const [first, second] = ['first', 'second'].map((which) => mkdtempSync(join(tmpdir(), `quorate-${which}-`)));
const useStore = (directory = ''): void => void (process.env['QUORATE_STATE'] = directory);
/** All but when the store learnt of it. */
const lasting = ({ state, clusters, nodes, vips, volumes, services, hosts }: StatusView) => ({
  state,
  clusters,
  nodes,
  vips,
  volumes,
  services,
  hosts,
});
let lab: Lab;
let before: readonly string[];

beforeAll(async () => {
  useStore(first);
  lab = await openLab(name, 'fake');
  before = await lab.inventory();
  await quorateKilled(['apply', '-f', lab.write('deployment.yaml', labText(name, 3))], allMade);
});
afterAll(async () => {
  for (const directory of [first, second]) rmSync(directory ?? '', { recursive: true });
  await lab?.remove();
});

it('is what it was', async () => {
  useStore(first);
  const known = lasting(await status(name));
  expect(known.nodes).toHaveLength(3);
  expect(known.hosts.length).toBeGreaterThan(0);
  useStore(second);
  expect((await quorate(['import', name, '--cloud', 'lab'])).exitCode).not.toBe(0);
  copyFileSync(join(first ?? '', 'key'), join(second ?? '', 'key'));
  await quorateDone(['import', name, '--cloud', 'lab']);
  expect((await list()).map((line) => line.name)).toEqual([name]);
  expect(lasting(await status(name))).toEqual(known);
});

it('is removed by who adopted it', async () => {
  useStore(second);
  await quorateDone(['delete', name, '--yes'], { timeoutMs: 300_000 });
  expect(await lab.inventory()).toEqual(before);
});
