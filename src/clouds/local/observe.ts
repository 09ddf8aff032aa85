/** What of a deployment exists in Incus now: six or seven reads at once, nothing judged, nothing changed. */

import type { CloudObservation, NodePower, Presence } from '../../status/observation.ts';
import { allNodes, type Topology } from '../../topology/topology.ts';
import { detachedVolumes } from './attach.ts';
import { apiPath, type IncusClient } from './incus/client.ts';
import { CertificateRecord, InstanceRecord, NetworkRecord, ProjectRecord, VolumeRecord } from './incus/records.ts';
import { RUNNING, STOPPED } from './instances.ts';
import { allVolumes, bridgeName, certificateName, projectName, TAG } from './names.ts';
import { ownForwards } from './outside.ts';
import type { LocalCloudSettings } from './settings.ts';
import { runningOperations } from './tenant.ts';

export async function observe(
  client: IncusClient,
  settings: LocalCloudSettings,
  topology: Topology,
): Promise<CloudObservation> {
  const { deployment } = topology;
  const project = projectName(deployment);
  const [tenant, certificates, networks, volumes, instances, forwards, busy] = await Promise.all([
    client.find(apiPath(['projects', project]), ProjectRecord),
    client.list(apiPath(['certificates']), CertificateRecord),
    client.list(apiPath(['networks']), NetworkRecord),
    client.list(apiPath(['storage-pools', settings.volumePool, 'volumes', 'custom']), VolumeRecord, { project }),
    client.list(apiPath(['instances']), InstanceRecord, { project }),
    ownForwards(client, topology),
    busyInstances(client, project),
  ]);
  const ours = networks.filter(({ config, status }) => config[TAG] === deployment && status === 'Created');
  const bridges = new Set(ours.map(({ name }) => name));
  const volumeNames = new Set(volumes.filter(({ config }) => config[TAG] === deployment).map(({ name }) => name));
  const nodes = allNodes(topology);
  const known = new Set(nodes.map(({ name }) => name));
  const detached = new Set(nodes.flatMap((node) => detachedVolumes(topology, node, instances)).map(({ name }) => name));
  const powers = new Map(instances.map((instance) => [instance.name, powerOf(instance, busy)]));
  return {
    tenant: presence(tenant?.config[TAG] === deployment),
    credential: presence(
      certificates.some(({ name, projects }) => name === certificateName(deployment) && projects.includes(project)),
    ),
    networks: record(topology.networks, ({ name }) => presence(bridges.has(bridgeName(deployment, name)))),
    // A volume that not every node has is not there yet for the cluster, which may mount it on any of them.
    volumes: record(allVolumes(topology), ({ name }) => presence(volumeNames.has(name) && !detached.has(name))),
    outside: Object.fromEntries(
      forwards.flatMap(({ vip, address, forward }) => {
        const ports = forward.ports.map(({ listen_port }) => Number(listen_port));
        return vip === undefined ? [] : [[vip, { address, ports }]];
      }),
    ),
    nodes: record(nodes, ({ name }) => powers.get(name) ?? { state: 'absent' }),
    strayNodes: instances.map(({ name }) => name).filter((name) => !known.has(name)),
  };
}

const record = <Item extends { readonly name: string }, Value>(
  items: readonly Item[],
  value: (item: Item) => Value,
): Readonly<Record<string, Value>> => Object.fromEntries(items.map((item) => [item.name, value(item)]));

const presence = (there: boolean): Presence => (there ? 'present' : 'absent');

const ERROR = 112;
const FROZEN = 110;

/** Incus calls an instance `Stopped` while it is still being created; only the operation tells. */
function powerOf(instance: InstanceRecord, busy: ReadonlySet<string>): NodePower {
  if (instance.status_code === RUNNING) return { state: 'running' };
  if (busy.has(instance.name)) return { state: 'changing', detail: 'Incus is working on it' };
  if (instance.status_code === STOPPED) return { state: 'stopped' };
  if (instance.status_code === ERROR) return { state: 'error', detail: 'Incus reports the instance in error' };
  if (instance.status_code === FROZEN) return { state: 'error', detail: 'the instance is frozen' };
  return { state: 'changing', detail: instance.status };
}

async function busyInstances(client: IncusClient, project: string): Promise<ReadonlySet<string>> {
  const operations = await runningOperations(client, project);
  const urls = operations.flatMap(({ resources }) => resources['instances'] ?? []);
  return new Set(urls.map((url) => decodeURIComponent(url.split('?')[0]?.split('/').at(-1) ?? '')));
}
