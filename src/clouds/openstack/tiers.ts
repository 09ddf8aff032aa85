/**
 * The stacks of servers: nodes come and go in them by name. A server that exists is never changed by a new
 * specification (Heat would resize or rebuild it), save for its metadata; its ports and attachments follow the
 * topology. Nodes that the topology no longer knows stay as they are until they are removed by name.
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import {
  chained,
  defaultImage,
  deriveTier,
  ENVIRONMENT_OUTPUT,
  groundStackName,
  type HeatResource,
  type HeatTemplate,
  type Slice,
  userDataParameter,
} from '../../artefacts/heat/index.ts';
import { invariant } from '../../kernel/invariant.ts';
import { Refusal } from '../../kernel/refusal.ts';
import { allNodes, type Topology } from '../../topology/topology.ts';
import type { NodeBoot } from '../cloud.ts';
import type { OpenStackClient } from './client/index.ts';
import { listResources, markLost } from './heat/resources.ts';
import type { Stack } from './heat/stack.ts';
import {
  createStack,
  deleteStack,
  isFailed,
  readOutput,
  readParameters,
  readTemplate,
  settledStack,
  updateStack,
} from './heat/stacks.ts';
import type { ServerRecord } from './records.ts';
import type { OpenStackSettings } from './settings.ts';

const SERVER = 'OS::Nova::Server';
const ATTACHMENT = 'OS::Cinder::VolumeAttachment';

export type TierChange = {
  readonly topology: Topology;
  readonly slice: Slice;
  /** Nodes to make, all of the slice. */
  readonly boots: readonly NodeBoot[];
  readonly servers: readonly ServerRecord[];
};

/** Nodes of the slice that exist stay, those of `boots` come. @throws Refusal the failed resource's own reason */
export async function ensureTier(
  client: OpenStackClient,
  settings: OpenStackSettings,
  change: TierChange,
): Promise<void> {
  const { topology, slice, boots } = change;
  const stack = await settledStack(client, topology.deployment, slice.stack);
  const userData = Object.fromEntries(boots.map(({ node, userData: text }) => [userDataParameter(node), text]));
  const given = await groundParameters(client, topology.deployment);
  if (stack === undefined) {
    if (boots.length === 0) return;
    const template = deriveTier(topology, { ...slice, nodes: boots.map(({ node }) => node) });
    const own = {
      image: topology.image ?? defaultImage,
      flavor: boots[0]?.node.flavor,
      availability_zone: settings.availabilityZone ?? '',
    };
    const parameters = { ...own, ...asked(given, template), ...userData };
    return createStack(client, topology.deployment, slice.stack, { template, parameters });
  }
  const current = await readTemplate(client, stack);
  const template = mergeTier(change, current, await readParameters(client, stack));
  const lost = await lostResources(client, stack, change, current);
  for (const resource of lost) await markLost(client, stack, resource);
  if (boots.length === 0 && lost.length === 0 && !isFailed(stack) && isDeepStrictEqual(template, current)) return;
  await updateStack(client, stack, { template, parameters: { ...asked(given, template), ...userData } });
}

const asked = (given: Readonly<Record<string, unknown>>, { parameters }: HeatTemplate) =>
  Object.fromEntries(Object.entries(given).filter(([name]) => parameters[name] !== undefined));

/** Ids that the ground's stack gives out. @throws Refusal CONFLICT (later) while it does not */
async function groundParameters(
  client: OpenStackClient,
  deployment: string,
): Promise<Readonly<Record<string, unknown>>> {
  const ground = await settledStack(client, deployment, groundStackName(deployment));
  const output = ground === undefined ? undefined : await readOutput(client, ground, ENVIRONMENT_OUTPUT);
  const parsed = z.object({ parameter_defaults: z.record(z.string(), z.string()) }).safeParse(output);
  if (parsed.success) return parsed.data.parameter_defaults;
  throw new Refusal('CONFLICT', `the networks of ${deployment} are not complete`, { retry: 'later' });
}

/** Pure; exported for its test. */
export function mergeTier(
  { topology, slice, boots }: Pick<TierChange, 'topology' | 'slice' | 'boots'>,
  current: HeatTemplate,
  parameters: Readonly<Record<string, string>>,
): HeatTemplate {
  const standing = serverNames(current);
  const fresh = new Set(boots.map(({ node }) => node.name));
  const nodes = allNodes(topology).filter(
    ({ name }) => slice.nodes.some((node) => node.name === name) && (standing.has(name) || fresh.has(name)),
  );
  const wanted = deriveTier(topology, { ...slice, nodes });
  const resources: Record<string, HeatResource> = { ...current.resources };
  for (const [name, each] of Object.entries(wanted.resources)) {
    const before = current.resources[name];
    const isFresh = fresh.has(String(each.properties?.['name']));
    if (each.type !== SERVER) resources[name] = each;
    else if (before === undefined || isFresh)
      resources[name] = withSize(each, nodes.find((node) => node.name === each.properties?.['name'])?.flavor, {
        image: topology.image ?? defaultImage,
        parameters,
      });
    else resources[name] = withMetadata(before, each);
  }
  return completed({ ...wanted, parameters: { ...current.parameters, ...wanted.parameters }, resources });
}

/** A stack keeps its flavor and image; a node that comes later, with others, has its own written down. */
function withSize(
  server: HeatResource,
  flavor: string | undefined,
  { image, parameters }: { readonly image: string; readonly parameters: Readonly<Record<string, string>> },
): HeatResource {
  const own = {
    ...(parameters['flavor'] === flavor ? {} : { flavor }),
    ...(parameters['image'] === image ? {} : { image }),
  };
  return { ...server, properties: { ...server.properties, ...own } };
}

const withMetadata = (before: HeatResource, wanted: HeatResource): HeatResource => ({
  ...before,
  properties: { ...before.properties, metadata: { ...metadataOf(before), ...metadataOf(wanted) } },
});

const metadataOf = ({ properties }: HeatResource): object => (properties?.['metadata'] as object | undefined) ?? {};

/** Node name -> what all its resources begin with. */
function serverNames({ resources }: Pick<HeatTemplate, 'resources'>): ReadonlyMap<string, string> {
  const servers = Object.entries(resources).filter(([, { type }]) => type === SERVER);
  return new Map(
    servers.map(([name, { properties }]) => [String(properties?.['name']), name.slice(0, -'server'.length)]),
  );
}

/** With chains, outputs and parameters for exactly the nodes whose resources it has. */
function completed(template: HeatTemplate): HeatTemplate {
  const resources = chained(template.resources);
  const servers = serverNames(template);
  const used = JSON.stringify(resources);
  const parameters = Object.entries(template.parameters).filter(([name]) => used.includes(`"${name}"`));
  const value = Object.fromEntries([...servers].map(([name, start]) => [name, { get_resource: `${start}server` }]));
  const outputs = { ...template.outputs, servers: { ...template.outputs['servers'], value } };
  return { ...template, parameters: Object.fromEntries(parameters), resources, outputs };
}

/** Servers to be made again, and attachments of volumes that somebody detached. */
async function lostResources(
  client: OpenStackClient,
  stack: Stack,
  { boots, servers }: TierChange,
  current: HeatTemplate,
): Promise<readonly string[]> {
  const names = serverNames(current);
  const held = await listResources(client, stack);
  const lostServers = boots.flatMap(({ node }) => {
    const start = names.get(node.name);
    return start === undefined ? [] : [`${start}server`];
  });
  const lostAttachments = servers.flatMap((server) => {
    const start = names.get(server.name);
    const attached = new Set(server['os-extended-volumes:volumes_attached'].map(({ id }) => id));
    const ours = held.filter(({ resource_name: name, resource_type: type }) => {
      return type === ATTACHMENT && start !== undefined && name.startsWith(start);
    });
    // The id of an attachment is the volume's (python-cinderclient; Nova calls it `volumeAttachment.id`).
    return ours.filter(({ physical_resource_id: id }) => !attached.has(id ?? '')).map((each) => each.resource_name);
  });
  const complete = new Set(
    held.filter(({ resource_status }) => resource_status.endsWith('_COMPLETE')).map((each) => each.resource_name),
  );
  return [...lostServers, ...lostAttachments].filter((name) => complete.has(name));
}

/** Their servers are gone already. @throws Refusal the failed resource's own reason */
export async function dropNodes(
  client: OpenStackClient,
  deployment: string,
  stackName: string,
  nodes: readonly string[],
): Promise<void> {
  const stack = await settledStack(client, deployment, stackName);
  if (stack === undefined) return;
  const current = await readTemplate(client, stack);
  const starts = serverNames(current);
  const going = nodes.flatMap((node) => starts.get(node) ?? []);
  if (going.length === 0) return;
  if (going.length === starts.size) return deleteStack(client, stack);
  const left = Object.entries(current.resources).filter(([name]) => !going.some((start) => name.startsWith(start)));
  invariant(left.length > 0, 'a stack with other nodes has resources');
  await updateStack(client, stack, {
    template: completed({ ...current, resources: Object.fromEntries(left) }),
    parameters: {},
  });
}
