import { XmlDocument } from 'libxml2-wasm';
import { describe, expect, it } from 'vitest';
import { DeploymentSpec } from '../../spec/schema.ts';
import { deriveTopology } from '../../topology/derive.ts';
import { emptyRoster } from '../../topology/topology.ts';
import { renderCib } from './render-cib.ts';

type Asked = {
  readonly cloud: string;
  readonly protocol: 'nfs' | 'samba';
  readonly shares: readonly string[];
  readonly services?: readonly object[];
};

/** What an XPath finds in the CIB of one of its clusters. */
function find({ cloud, protocol, shares, services = [] }: Asked, cluster: 'app' | 'storage', xpath: string) {
  const spec = DeploymentSpec.parse({
    apiVersion: 'quorate/v1',
    name: 'x',
    cloud,
    services,
    storageCluster: { protocol, shares: shares.map((name) => ({ name, sizeGiB: 1, mount: `/srv/${name}` })) },
  });
  // A cloud of virtual machines decides later how it attaches, and is taken here as one that moves volumes.
  const roster = { ...emptyRoster, attach: Object.fromEntries(shares.map((name) => [name, 'moving' as const])) };
  const found = deriveTopology(spec, roster).topology.clusters.find(({ name }) => name === cluster);
  if (found === undefined) throw new Error(`no cluster ${cluster}`);
  using document = XmlDocument.fromString(renderCib('x', found));
  return document.find(xpath).map(({ content }) => content);
}

const nfs = { cloud: 'stack', protocol: 'nfs', shares: ['a', 'b'] } as const;
const inOrder = '//group[@id="shares"]/primitive/@id';

describe('a storage cluster', () => {
  it('starts volumes, server and exports before the address, and stops the address first', () => {
    expect(find(nfs, 'storage', inOrder)).toEqual([
      'volume-a',
      'mount-a',
      'volume-b',
      'mount-b',
      'nfs-server',
      'export-a',
      'export-b',
      'vip-shares',
    ]);
    expect(find({ ...nfs, protocol: 'samba' }, 'storage', inOrder).slice(-2)).toEqual(['smb-server', 'vip-shares']);
  });

  it('keeps together by its group alone', () => {
    expect(find(nfs, 'storage', '//constraints/*/@id')).toEqual([]);
  });

  it('gives a share the same id for life, whatever other shares there are, and none twice', () => {
    const idsOf = (shares: readonly string[]) => find({ ...nfs, shares }, 'storage', '//nvpair[@name="fsid"]/@value');
    const [a, b] = idsOf(['a', 'b']);
    expect(idsOf(['b'])).toEqual([b]);
    expect(a).not.toBe(b);
    expect(a).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});

describe('a cluster that uses shares', () => {
  const fstypes = '//nvpair[@name="fstype"]/@value';

  it('mounts by the kernel on virtual machines, and what is in user space locally', () => {
    expect(find(nfs, 'app', fstypes)).toEqual(['nfs4', 'nfs4']);
    expect(find({ ...nfs, protocol: 'samba' }, 'app', fstypes)).toEqual(['cifs', 'cifs']);
    expect(find({ ...nfs, cloud: 'local', protocol: 'samba' }, 'app', fstypes)).toEqual(['none', 'none']);
  });

  it('lets services wait for the shares they name, each on its own', () => {
    const dummy = (name: string, clone = false) => ({ name, agent: 'ocf:pacemaker:Dummy', with: ['a'], clone });
    const asked = { ...nfs, services: [dummy('one'), dummy('two'), dummy('all', true)] };
    expect(find(asked, 'app', '//rsc_order/@id')).toEqual([
      'share-a-clone-then-one',
      'share-a-clone-then-two',
      'share-a-clone-then-all-clone',
    ]);
    expect(find(asked, 'app', '//rsc_colocation/@id')).toEqual([
      'one-with-share-a-clone',
      'two-with-share-a-clone',
      'all-clone-with-share-a-clone',
    ]);
  });
});
