/** How long it takes to turn a specification of sixteen nodes into everything that its nodes get. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { renderNodeBoots } from '../src/artefacts/node-boot.ts';
import { invariant } from '../src/kernel/invariant.ts';
import { parseSpec } from '../src/spec/parse.ts';
import { deriveTopology } from '../src/topology/derive.ts';
import { emptyRoster } from '../src/topology/topology.ts';
import type { Bench } from './bench.ts';
import { renderBytes } from './numbers.ts';
import { renderSpread } from './report.ts';

const golden = new URL('../test/golden/sixteen-nodes/deployment.yaml', import.meta.url);

const warmUps = 5;
const samples = 20;

export function benchRender({ report }: Bench): Promise<void> {
  report.heading('Render', '16 nodes, 12 VIPs, 12 services: YAML text to all user data, in one warm process');
  const text = readFileSync(golden, 'utf8');
  const authkey = randomBytes(256).toString('base64');
  const took: number[] = [];
  let bytes = 0;
  for (let round = -warmUps; round < samples; round += 1) {
    const startedAt = performance.now();
    bytes = renderAll(text, authkey);
    if (round >= 0) took.push(performance.now() - startedAt);
  }
  report.add({ part: 'render', what: 'parse, derive, render', value: renderSpread(took), data: { tookMs: took } });
  report.add({ part: 'render', what: 'size of it', value: renderBytes(bytes), data: { bytes } });
  return Promise.resolve();
}

function renderAll(text: string, authkey: string): number {
  const { spec } = parseSpec(text);
  invariant(spec, 'the golden case is valid');
  const { topology } = deriveTopology(spec, emptyRoster);
  const authkeys = Object.fromEntries(topology.clusters.map(({ name }) => [name, authkey]));
  const keyPair = { privateKey: '', publicKey: '' };
  const boots = renderNodeBoots(topology, { authkeys, sharePassword: '', sshKey: keyPair, hostKey: keyPair }, {});
  return boots.reduce((sum, { userData, networkConfig }) => sum + userData.length + networkConfig.length, 0);
}
