import { XmlDocument } from 'libxml2-wasm';
import { describe, expect, it } from 'vitest';
import { DeploymentSpec } from '../../spec/schema.ts';
import { deriveTopology } from '../../topology/derive.ts';
import { emptyRoster } from '../../topology/topology.ts';
import { renderCib } from './render-cib.ts';

const vip = (name: string) => ({ name, external: 'none' });
const dummy = (name: string, ...needs: string[]) => ({ name, agent: 'ocf:pacemaker:Dummy', with: needs });

function idsOf(kind: string, vips: readonly object[], services: readonly object[]): readonly string[] {
  const spec = DeploymentSpec.parse({ apiVersion: 'quorate/v1', name: 'x', vips, services });
  const cluster = deriveTopology(spec, emptyRoster).topology.clusters[0];
  if (cluster === undefined) throw new Error('no cluster');
  using document = XmlDocument.fromString(renderCib('x', cluster));
  return document.find(`//${kind}/@id`).map((id) => id.content);
}

describe('constraints', () => {
  it('are none for what stands alone', () => {
    expect(idsOf('rsc_colocation', [vip('a')], [dummy('s')])).toEqual([]);
    expect(idsOf('rsc_order', [vip('a')], [dummy('s')])).toEqual([]);
  });

  it('join the parties of two services that share one VIP', () => {
    const ids = idsOf(
      'rsc_colocation',
      [vip('a'), vip('b'), vip('c')],
      [dummy('one', 'a', 'b'), dummy('two', 'c', 'b')],
    );
    expect(ids).toEqual(['vip-b-with-vip-a', 'vip-c-with-vip-b', 'one-with-vip-c', 'two-with-vip-c']);
  });

  it('join two parties when a third service comes that names both', () => {
    const ids = idsOf(
      'rsc_colocation',
      [vip('a'), vip('b')],
      [dummy('one', 'a'), dummy('two', 'b'), dummy('both', 'b', 'a')],
    );
    expect(ids.filter((id) => id.endsWith('with-vip-b'))).toHaveLength(3);
    expect(ids).toContain('vip-b-with-vip-a');
  });

  it('order each service after everything it names', () => {
    expect(idsOf('rsc_order', [vip('a'), vip('b')], [dummy('one', 'a', 'b')])).toEqual([
      'vip-a-then-one',
      'vip-b-then-one',
    ]);
  });
});
