/**
 * Shared volumes on nodes that exist already: a volume that comes into the specification later is attached to
 * running nodes too. One that leaves it stays attached, as it stays there with its data, until the deployment goes.
 * Source: Incus documentation, "Custom storage volumes"; a disk device with a path is plugged in while a container runs.
 */
import type { Node, Topology, Volume } from '../../topology/topology.ts';
import { allNodes } from '../../topology/topology.ts';
import { inParallel } from '../parallel.ts';
import { apiPath, type IncusClient } from './incus/client.ts';
import { InstanceRecord } from './incus/records.ts';
import { projectName, TAG, volumeDevice, volumePath, volumesAttachedTo } from './names.ts';
import type { LocalCloudSettings } from './settings.ts';

/** Each is one mount in a running container; the nodes of one volume wait for each other inside Incus. */
const WIDTH = 4;

/** The disk devices that a node has for its shared volumes. */
export const volumeDisks = (settings: LocalCloudSettings, topology: Topology, node: Node) =>
  Object.fromEntries(
    volumesAttachedTo(topology, node).map(({ name }) => [
      volumeDevice(name),
      { type: 'disk', pool: settings.volumePool, source: name, path: volumePath(name) },
    ]),
  );

/** Shared volumes that an existing node of the topology does not have yet. */
export function detachedVolumes(
  topology: Topology,
  node: Node,
  instances: readonly InstanceRecord[],
): readonly Volume[] {
  const instance = instances.find(({ name }) => name === node.name);
  if (instance === undefined) return [];
  return volumesAttachedTo(topology, node).filter(({ name }) => instance.devices[volumeDevice(name)] === undefined);
}

/** Idempotent; touches no node that has all its volumes, and none of another's. */
export async function ensureAttached(
  client: IncusClient,
  settings: LocalCloudSettings,
  topology: Topology,
): Promise<void> {
  const project = projectName(topology.deployment);
  const instances = await client.list(apiPath(['instances']), InstanceRecord, { project });
  const ours = instances.filter(({ config }) => config[TAG] === topology.deployment);
  await inParallel(allNodes(topology), WIDTH, async (node) => {
    const missing = detachedVolumes(topology, node, ours).map(({ name }) => volumeDevice(name));
    if (missing.length === 0) return;
    const disks = Object.entries(volumeDisks(settings, topology, node)).filter(([device]) => missing.includes(device));
    // A PATCH adds to the devices that are there (Incus, "Main API").
    const body = { devices: Object.fromEntries(disks) };
    await client.change('PATCH', apiPath(['instances', node.name]), { query: { project }, body });
  });
}
