/** Nodes as Nova servers: made by their stacks, started, stopped and deleted by Nova itself, which needs no stack to move. */
import { groundStackName, slicesOf, stackOf } from '../../artefacts/heat/index.ts';
import { asRefusal } from '../../kernel/refusal.ts';
import { allNodes, type Node, type Topology } from '../../topology/topology.ts';
import type { NodeBoot } from '../cloud.ts';
import { inParallel } from '../parallel.ts';
import { type OpenStackClient, waitUntil } from './client/index.ts';
import { listStacks, settledStack } from './heat/stacks.ts';
import { type ServerRecord, serversOf } from './records.ts';
import type { OpenStackSettings } from './settings.ts';
import { dropNodes, ensureTier } from './tiers.ts';

/** Heat's engine works on a stack with all its workers: more stacks at once only wait for each other. */
const STACKS_AT_ONCE = 4;
const CALLS_AT_ONCE = 8;
const DELETION_MS = 180_000;
/** Heat takes 1 MiB in one request (max_json_body_size), and user data is nearly all of it. */
const USER_DATA_A_REQUEST = 512 * 1024;

export async function ensureNodes(
  client: OpenStackClient,
  settings: OpenStackSettings,
  topology: Topology,
  boots: readonly NodeBoot[],
): Promise<void> {
  const { deployment } = topology;
  // What Heat is still doing would change what is seen of the servers.
  const touched = slicesOf(
    deployment,
    boots.map(({ node }) => node),
  );
  await inParallel(touched, STACKS_AT_ONCE, ({ stack }) => settledStack(client, deployment, stack));
  const servers = await serversOf(client, deployment);
  const living = new Map(servers.filter(isThere).map((server) => [server.name, server]));
  const stopped = boots.map(({ node }) => living.get(node.name)).filter((server) => server?.status === 'SHUTOFF');
  await inParallel(stopped, CALLS_AT_ONCE, (server) => start(client, server?.id ?? ''));
  const missing = boots.filter(({ node }) => !living.has(node.name));
  const stillborn = servers.filter(
    (server) => neverRan(server) && missing.some(({ node }) => node.name === server.name),
  );
  await deleteServers(client, stillborn);
  const slices = slicesOf(
    deployment,
    missing.map(({ node }) => node),
  );
  await inParallel(slices, STACKS_AT_ONCE, async (slice) => {
    const nodes = nodesOfStack(topology, slice.stack);
    for (const some of inRequests(missing.filter(({ node }) => slice.nodes.includes(node))))
      await ensureTier(client, settings, {
        topology,
        slice: { ...slice, nodes },
        boots: some,
        servers: [...living.values()],
      });
  });
}

const nodesOfStack = (topology: Topology, stack: string): readonly Node[] =>
  allNodes(topology).filter((node) => stackOf(topology.deployment, node) === stack);

/** In ERROR before it ever started: there is nothing in it to lose. */
export const neverRan = (server: ServerRecord): boolean =>
  server.status === 'ERROR' && (server['OS-SRV-USG:launched_at'] ?? undefined) === undefined;

/** Nova goes on listing a server for a moment after its deletion, or for hours where it keeps them to be restored. */
const isThere = (server: ServerRecord): boolean =>
  !neverRan(server) && server.status !== 'DELETED' && server.status !== 'SOFT_DELETED';

function inRequests(boots: readonly NodeBoot[]): readonly (readonly NodeBoot[])[] {
  const requests: NodeBoot[][] = [];
  let room = 0;
  for (const boot of boots) {
    const size = Buffer.byteLength(JSON.stringify(boot.userData));
    if (size > room) {
      requests.push([]);
      room = USER_DATA_A_REQUEST;
    }
    requests.at(-1)?.push(boot);
    room -= size;
  }
  return requests;
}

async function start(client: OpenStackClient, id: string): Promise<void> {
  const path = `/servers/${id}/action`;
  await client
    .call({ service: 'compute', method: 'POST', path, body: { 'os-start': null } })
    // Somebody else, or its cluster, starts it already.
    .catch(unless('CONFLICT'));
}

function unless(code: string): (error: unknown) => void {
  return (error) => {
    if (asRefusal(error)?.code !== code) throw error;
  };
}

/** Ports, address pairs and shared volumes of the nodes that exist, as the topology has them. */
export async function adaptNodes(
  client: OpenStackClient,
  settings: OpenStackSettings,
  topology: Topology,
): Promise<void> {
  const { deployment } = topology;
  const [stacks, servers] = await Promise.all([listStacks(client, deployment), serversOf(client, deployment)]);
  const slices = slicesOf(deployment, allNodes(topology)).filter(({ stack }) =>
    stacks.some(({ name }) => name === stack),
  );
  const living = servers.filter(({ status }) => status === 'ACTIVE' || status === 'SHUTOFF');
  await inParallel(slices, STACKS_AT_ONCE, (slice) =>
    ensureTier(client, settings, { topology, slice, boots: [], servers: living }),
  );
}

/** The servers first: a guest that hangs never lets go of a volume, and would block its stack. */
export async function removeNodes(
  client: OpenStackClient,
  deployment: string,
  nodes: readonly string[],
): Promise<void> {
  const servers = await serversOf(client, deployment);
  await deleteServers(
    client,
    servers.filter(({ name }) => nodes.includes(name)),
  );
  const stacks = (await listStacks(client, deployment)).filter(({ name }) => name !== groundStackName(deployment));
  await inParallel(stacks, STACKS_AT_ONCE, ({ name }) => dropNodes(client, deployment, name, nodes));
}

/** Returns when they are gone. @throws Refusal TIMED_OUT */
export async function deleteServers(client: OpenStackClient, servers: readonly ServerRecord[]): Promise<void> {
  await inParallel(servers, CALLS_AT_ONCE, async ({ id, name }) => {
    const path = `/servers/${id}`;
    await client.call({ service: 'compute', method: 'DELETE', path }).then(() => undefined, unless('NOT_FOUND'));
    await waitUntil(
      `the deletion of server ${name}`,
      () => exists(client, path),
      (there) => !there,
      { timeoutMs: DELETION_MS },
    );
  });
}

async function exists(client: OpenStackClient, path: string): Promise<boolean> {
  try {
    await client.call({ service: 'compute', method: 'GET', path });
    return true;
  } catch (error) {
    if (asRefusal(error)?.code === 'NOT_FOUND') return false;
    throw error;
  }
}
