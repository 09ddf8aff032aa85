import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseSpec } from '../../spec/parse.ts';
import { deriveTopology } from '../../topology/derive.ts';
import { emptyRoster, type NetworkName } from '../../topology/topology.ts';
import { bridgeName, volumesAttachedTo } from './names.ts';

const networks: readonly NetworkName[] = [
  'cluster',
  'services',
  'public',
  'backend',
  'lb-cluster',
  'storage-cluster',
  'storage',
];

test('a bridge’s name fits a Linux interface, whatever the deployment’s, and each network has its own', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z][a-z0-9-]{0,30}[a-z0-9]$/), (deployment) => {
      const names = networks.map((network) => bridgeName(deployment, network));
      expect(new Set(names).size).toBe(networks.length);
      for (const name of names) expect(name).toMatch(/^q[0-9a-f]{8}-[a-z]{1,2}$/);
    }),
  );
});

test('shared volumes are attached to the members of their cluster, moving ones to none', () => {
  const { spec } = parseSpec(`apiVersion: quorate/v1
name: names
storage:
  - { name: data, sizeGiB: 1, mount: /srv/data }
  - { name: both, sizeGiB: 1, mount: /srv/both, attach: shared }
  - { name: log, sizeGiB: 1, mount: /srv/log, attach: moving }
`);
  if (spec === undefined) throw new Error('the specification is valid');
  const { topology } = deriveTopology(spec, emptyRoster);
  for (const node of topology.clusters[0]?.members ?? []) {
    expect(volumesAttachedTo(topology, node).map(({ name }) => name)).toEqual(['data', 'both']);
  }
});
