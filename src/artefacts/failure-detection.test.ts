/** Times that follow from how soon a silent node is given up. */
import { describe, expect, it } from 'vitest';
import { parseSpec } from '../spec/parse.ts';
import { deriveTopology } from '../topology/derive.ts';
import { emptyRoster } from '../topology/topology.ts';
import { renderCorosync } from './corosync/render-corosync.ts';
import { renderNfsServer } from './nfs/render-nfs.ts';

describe.each(['fast', 'standard', 'tolerant'])('with failure detection %s', (failureDetection) => {
  const text = `apiVersion: quorate/v1
name: shop
cloud: lab
cluster: { nodes: 2, flavor: small, failureDetection: ${failureDetection} }
storageCluster: { nodes: 3, flavor: small, protocol: nfs, shares: [{ name: media, sizeGiB: 1, mount: /srv/media }] }
`;
  const { spec } = parseSpec(text);
  const { topology } = deriveTopology(spec as NonNullable<typeof spec>, emptyRoster);
  const storage = topology.clusters.find(({ serves }) => serves !== undefined);
  if (storage?.serves === undefined) throw new Error('a storage cluster serves');
  const conf = renderNfsServer(storage.serves, storage)
    .map(({ content }) => content)
    .join('\n');
  const corosync = renderCorosync('shop', storage);
  const secondsOf = (name: string) => Number(new RegExp(`^${name}-time=(\\d+)$`, 'm').exec(conf)?.[1]);
  const millisecondsOf = (name: string) => Number(new RegExp(`^\\s*${name}: (\\d+)$`, 'm').exec(corosync)?.[1]);

  it('a client that tries again as late after a fail-over as it had waited finds its locks kept for it', () => {
    const noticedAfter = millisecondsOf('token') + millisecondsOf('consensus');
    expect(noticedAfter).toBeGreaterThan(0);
    expect(secondsOf('grace') * 1000).toBeGreaterThan(2 * noticedAfter);
  });

  it('an idle client, which speaks up once a lease, comes before grace ends', () => {
    expect(secondsOf('grace')).toBeGreaterThan(secondsOf('lease'));
  });
});
