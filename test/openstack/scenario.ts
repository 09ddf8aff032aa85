/** Stacks of a scenario: made, changed by a node and an address, removed. */
import { describe, expect, it } from 'vitest';
import { allSlices } from '../../src/artefacts/heat/index.ts';
import { allNodes, type Topology } from '../../src/topology/topology.ts';
import { timed } from '../e2e/harness/report.ts';
import { stacksOf } from './audit.ts';
import { liftComputeQuota } from './bed.ts';
import { bootsFor, derivedFor, ensureNodes, makeAll, ownProject, removed, secretsFor } from './deployment.ts';

type Sizes = { readonly balancers?: number; readonly storage?: number; readonly roles?: number };
export type Scenario = { readonly what: string; readonly nodes: number } & Sizes;

/** `more`: a node and a VIP more than at first. */
function textOf({ nodes, balancers, storage, roles }: Scenario, more: boolean): string {
  const grown = (count: number): number => count + (more ? 1 : 0);
  // At sixteen a cluster is full, and loses a node instead.
  const changed = (count: number): number => (count === 16 && more ? 15 : grown(count));
  const role = roles === undefined ? '' : ', role: web';
  const lines = [
    `cluster: { nodes: ${roles === undefined ? changed(nodes) : nodes}, flavor: tiny }`,
    `vips: [{ name: front, ports: [80]${role} }${more ? `, { name: also, external: none, ports: [81]${role} }` : ''}]`,
  ];
  if (balancers !== undefined) lines.push(`loadBalancers: { nodes: ${balancers}, flavor: tiny }`);
  if (storage !== undefined)
    lines.push(
      `storageCluster: { nodes: ${storage}, flavor: tiny, protocol: nfs, shares: [{ name: files, sizeGiB: 1, mount: /srv/files }] }`,
    );
  if (roles !== undefined)
    lines.push(
      `roles: { web: { nodes: ${grown(roles - 10)}, flavor: tiny }, jobs: { nodes: 10, flavor: tiny } }`,
      'storage: [{ name: results, sizeGiB: 1, mount: /srv/results, role: jobs, attach: moving }]',
    );
  return lines.join('\n');
}

/** A file's tests. @param owner the name of its project */
export async function makeChangeRemove(owner: string, scenarios: readonly Scenario[]): Promise<void> {
  const { operator, project, cloud, inventory } = await ownProject(owner);
  await liftComputeQuota(operator, project);

  const states = async (topology: Topology): Promise<readonly string[]> => {
    const { nodes } = await cloud.observe(topology);
    return allNodes(topology).map(({ name }) => `${name} ${nodes[name]?.state}`);
  };
  const running = (topology: Topology) => allNodes(topology).map(({ name }) => `${name} running`);

  describe.each(scenarios)('$what nodes', (scenario) => {
    const name = `s-${scenario.what.replaceAll('+', '-')}`;
    const { topology: first, roster } = derivedFor(name, textOf(scenario, false));
    const { topology: second } = derivedFor(name, textOf(scenario, true), roster);
    let before: readonly string[];

    it('pass preflight, and are made', async () => {
      before = await inventory();
      const found = await cloud.preflight(first);
      expect(found.filter(({ severity }) => severity === 'error')).toEqual([]);
      await timed(`${scenario.what} made`, async () => makeAll(cloud, first, await secretsFor(first)));
      expect(await states(first)).toEqual(running(first));
      expect(await stacksOf(project.client)).toHaveLength(1 + allSlices(first).length);
    });

    it('change by a node and an address, and the others stay as they are', async () => {
      const hosts = async () => {
        const { body } = await project.client.call({ service: 'compute', method: 'GET', path: '/servers?limit=1000' });
        return (body as { servers: { id: string; name: string }[] }).servers;
      };
      const ids = await hosts();
      const [nodes, grown] = [first, second].map((topology) => allNodes(topology).map((node) => node.name));
      await cloud.ensureGround(second);
      await ensureNodes(
        cloud,
        second,
        bootsFor(
          second,
          grown?.filter((node) => !nodes?.includes(node)),
        ),
      );
      await cloud.removeNodes(name, nodes?.filter((node) => !grown?.includes(node)) ?? []);
      expect(await states(second)).toEqual(running(second));
      expect(await stacksOf(project.client)).toHaveLength(1 + allSlices(second).length);
      const seen = await cloud.observe(second);
      expect(seen.strayNodes).toEqual([]);
      const after = await hosts();
      const kept = ids.filter((server) => grown?.includes(server.name));
      expect(after).toEqual(expect.arrayContaining(kept.map((server) => expect.objectContaining({ id: server.id }))));
    });

    it('leave nothing', async () => {
      await timed(`${scenario.what} removed`, () => removed(cloud, name));
      expect(await inventory()).toEqual(before);
    });
  });
}
