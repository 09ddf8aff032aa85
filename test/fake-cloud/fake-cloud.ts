/**
 * A cloud by hand, for what no real one can do: break at exactly the Nth thing it is asked. Every change
 * of the world is one small effect with a `tick` before and after it, and `tick` may throw.
 */
import type { Cloud, DeploymentMemory } from '../../src/clouds/cloud.ts';
import { memoryDigest } from '../../src/clouds/memory-digest.ts';
import type { CloudObservation, NodePower, Presence } from '../../src/status/observation.ts';
import { allNodes, type Topology } from '../../src/topology/topology.ts';
import { fakeAccess } from './fake-cluster.ts';
import { type FakeDeployment, nothingYet, type World } from './world.ts';

/** Called around every effect; throws to break there. */
export type Tick = (what: string) => void;

export function fakeCloud(world: World, tick: Tick, { remembers = false } = {}): Cloud {
  const effect = (what: string, change: () => void) => {
    tick(`before: ${what}`);
    change();
    tick(`after: ${what}`);
  };
  const deployment = (name: string): FakeDeployment => (world.deployments[name] ??= nothingYet());
  const add = (list: string[], kind: string, name: string) => {
    if (!list.includes(name)) effect(`create ${kind} ${name}`, () => list.push(name));
  };

  return {
    kind: 'local',
    preflight: async () => [],
    observe: async (topology) => observe(world.deployments[topology.deployment] ?? nothingYet(), topology),
    decideAttach: async () => 'shared',
    async ensureTenant({ deployment: name }, secrets) {
      const it = deployment(name);
      if (!it.tenant) effect('create tenant', () => void (it.tenant = true));
      if (it.credential !== secrets.nodeCertificate) {
        effect('create credential', () => void (it.credential = secrets.nodeCertificate));
      }
    },
    async ensureGround(topology) {
      const it = deployment(topology.deployment);
      for (const network of topology.networks) add(it.networks, 'network', network.name);
      for (const volume of topology.clusters.flatMap((cluster) => cluster.volumes))
        add(it.volumes, 'volume', volume.name);
      const vips = topology.clusters.flatMap((cluster) => cluster.vips).filter(({ external }) => external !== 'none');
      for (const name of Object.keys(it.outside).filter((each) => !vips.some((vip) => vip.name === each)))
        effect(`take back VIP ${name}`, () => delete it.outside[name]);
      for (const vip of vips) {
        if (vip.external === 'none') continue;
        const address =
          vip.external === 'auto' ? `172.29.77.${100 + Number(vip.address.split('.')[3])}` : vip.external.address;
        const wanted = { address, ports: [...vip.ports] };
        if (JSON.stringify(it.outside[vip.name]) === JSON.stringify(wanted)) continue;
        effect(`map VIP ${vip.name}`, () => void (it.outside[vip.name] = wanted));
      }
    },
    ...(remembers
      ? {
          async remember({ deployment: name }: Topology, memory: DeploymentMemory) {
            effect('remember', () => void (deployment(name).memory = memory));
          },
          recall: async (name: string) => world.deployments[name]?.memory,
        }
      : {}),
    nodeAccess: async (topology, secrets) => ({ kind: 'fake', project: topology.deployment, key: secrets.nodeKey }),
    async ensureNodes(topology, boots) {
      const it = deployment(topology.deployment);
      for (const { node, userData } of boots) {
        const create = () => void (it.nodes[node.name] = { power: 'stopped', userData, looks: 0 });
        if (it.nodes[node.name] === undefined) effect(`create node ${node.name}`, create);
      }
      for (const { node } of boots) {
        const made = it.nodes[node.name];
        if (made?.power === 'stopped') effect(`start node ${node.name}`, () => void (made.power = 'running'));
      }
    },
    async removeNodes(name, nodes) {
      const it = deployment(name);
      for (const node of nodes) if (it.nodes[node]) effect(`remove node ${node}`, () => delete it.nodes[node]);
    },
    async removeAll(name, report) {
      const it = world.deployments[name];
      if (it === undefined) return;
      const remove = (what: string, change: () => void) => {
        effect(`remove ${what}`, change);
        report(what);
      };
      for (const node of Object.keys(it.nodes)) remove(`node ${node}`, () => delete it.nodes[node]);
      for (const vip of Object.keys(it.outside)) remove(`VIP ${vip}`, () => delete it.outside[vip]);
      for (const volume of it.volumes.slice()) remove(`volume ${volume}`, () => it.volumes.shift());
      for (const network of it.networks.slice()) remove(`network ${network}`, () => it.networks.shift());
      if (it.credential !== undefined) remove('credential', () => void (it.credential = undefined));
      remove('tenant', () => delete world.deployments[name]);
    },
    deployments: async () => Object.keys(world.deployments),
    access: (topology) => fakeAccess(world.deployments[topology.deployment] ?? nothingYet(), effect),
  };
}

function observe(it: FakeDeployment, topology: Topology): CloudObservation {
  const presence = (list: readonly string[], names: readonly string[]): Record<string, Presence> =>
    Object.fromEntries(names.map((name) => [name, list.includes(name) ? 'present' : 'absent']));
  const known = allNodes(topology).map((node) => node.name);
  const power = (name: string): NodePower => ({ state: it.nodes[name]?.power ?? 'absent' });
  return {
    tenant: it.tenant ? 'present' : 'absent',
    credential: it.credential === undefined ? 'absent' : 'present',
    networks: presence(
      it.networks,
      topology.networks.map((network) => network.name),
    ),
    volumes: presence(
      it.volumes,
      topology.clusters.flatMap((cluster) => cluster.volumes.map((volume) => volume.name)),
    ),
    outside: it.outside,
    nodes: Object.fromEntries(known.map((name) => [name, power(name)])),
    ...(it.memory === undefined ? {} : { memory: memoryDigest(it.memory) }),
    strayNodes: Object.keys(it.nodes).filter((name) => !known.includes(name)),
  };
}
