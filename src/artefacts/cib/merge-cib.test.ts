import { describe, expect, it } from 'vitest';
import { DeploymentSpec } from '../../spec/schema.ts';
import { deriveTopology } from '../../topology/derive.ts';
import { emptyRoster } from '../../topology/topology.ts';
import { mergeCib } from './merge-cib.ts';
import { cibDigest, renderCib } from './render-cib.ts';

function clusterOf(services: readonly object[], vips: readonly object[] = [{ name: 'web', ports: [80] }]) {
  const spec = DeploymentSpec.parse({ apiVersion: 'quorate/v1', name: 'x', vips, services });
  const cluster = deriveTopology(spec, emptyRoster).topology.clusters[0];
  if (cluster === undefined) throw new Error('no cluster');
  return cluster;
}

const www = { name: 'www', agent: 'systemd:nginx', with: ['web'] };
const mail = { name: 'mail', agent: 'ocf:pacemaker:Dummy' };
const before = clusterOf([www]);

/** As Pacemaker has it after a while: its own properties, a node's attributes, somebody else's resource. */
const live = renderCib('x', before)
  .replace('epoch="1"', 'epoch="42"')
  .replace(
    '<crm_config>',
    '<crm_config><cluster_property_set id="cib-bootstrap-options"><nvpair id="dcv" name="dc-version" value="3"/></cluster_property_set>',
  )
  .replace('</resources>', '<primitive id="theirs" class="ocf" provider="pacemaker" type="Dummy"/></resources>')
  .replace('</constraints>', '<rsc_location id="ban" rsc="www" node="app-1" score="-INFINITY"/></constraints>')
  .replace(
    '<node id="1" uname="app-1"/>',
    '<node id="1" uname="app-1"><instance_attributes id="n1"><nvpair id="n1-standby" name="standby" value="on"/></instance_attributes></node>',
  );

describe('mergeCib', () => {
  it('brings in what is new, keeps the versions, and leaves what others wrote', () => {
    const merged = mergeCib(live, renderCib('x', clusterOf([www, mail])));
    for (const kept of ['epoch="42"', 'id="theirs"', 'id="ban"', 'id="dcv"', 'id="n1-standby"'])
      expect(merged).toContain(kept);
    expect(merged).toContain('<primitive id="mail"');
    expect(merged).toContain(`value="${cibDigest('x', clusterOf([www, mail]))}"`);
    expect(merged).not.toContain(cibDigest('x', before));
  });

  it('takes away what we had written and no longer want', () => {
    const merged = mergeCib(live, renderCib('x', clusterOf([], [])));
    for (const gone of ['id="www"', 'id="vip-web"', 'id="www-with-vip-web"', 'id="vip-web-then-www"'])
      expect(merged).not.toContain(gone);
    expect(merged).toContain('id="theirs"');
    expect(merged).toContain('id="fencing"');
  });

  it('changes nothing but the printing when nothing changed', () => {
    const once = mergeCib(live, renderCib('x', before));
    expect(mergeCib(once, renderCib('x', before))).toBe(once);
    expect(once.match(/<primitive /g)).toHaveLength(4);
  });
});

describe('cibDigest', () => {
  it('changes with a service and stays when the same is rendered again', () => {
    expect(cibDigest('x', before)).toBe(cibDigest('x', clusterOf([www])));
    expect(cibDigest('x', before)).not.toBe(cibDigest('x', clusterOf([www, mail])));
  });
});
