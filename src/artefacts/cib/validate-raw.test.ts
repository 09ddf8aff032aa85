import { describe, expect, it } from 'vitest';
import { DeploymentSpec } from '../../spec/schema.ts';
import { deriveTopology } from '../../topology/derive.ts';
import { emptyRoster } from '../../topology/topology.ts';
import { validateRaw } from './validate-raw.ts';

function problemsOf(raw: { resources?: string; constraints?: string }) {
  const spec = DeploymentSpec.parse({ apiVersion: 'quorate/v1', name: 'x', raw });
  const cluster = deriveTopology(spec, emptyRoster).topology.clusters[0];
  if (cluster === undefined) throw new Error('no cluster');
  return validateRaw('x', cluster).map(({ code, path }) => `${code} ${path.join('.')}`);
}

describe('validateRaw', () => {
  it('accepts elements that belong where they stand', () => {
    expect(
      problemsOf({
        resources:
          '<primitive id="a" class="ocf" provider="pacemaker" type="Dummy"/><group id="g"><primitive id="b" class="systemd" type="x"/></group>',
        constraints: '<rsc_location id="l" rsc="a" node="app-1" score="1"/>',
      }),
    ).toEqual([]);
  });

  it('names everything wrong at once', () => {
    expect(
      problemsOf({
        resources: '<primitive id="fencing" class="x" type="y"/><rsc_order id="o"/><clone/>',
        constraints: '<rsc_order',
      }),
    ).toEqual(['raw-element raw.resources', 'raw-id raw.resources', 'raw-id raw.resources', 'raw-xml raw.constraints']);
  });

  it('knows what there is to name, in sets too', () => {
    const spec = '<rsc_order id="o" first="fencing" then="a"/>';
    const set =
      '<rsc_colocation id="c"><resource_set id="s"><resource_ref id="fencing"/></resource_set></rsc_colocation>';
    const resources = '<primitive id="a" class="systemd" type="x"/>';
    expect(problemsOf({ resources, constraints: spec + set })).toEqual([]);
    expect(problemsOf({ constraints: spec })).toEqual(['raw-reference raw.constraints']);
    expect(problemsOf({ resources: resources + resources })).toEqual(['raw-id raw.resources']);
  });
});
