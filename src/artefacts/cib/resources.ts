/**
 * A cluster's fence device, remote nodes, volumes, VIPs and services -> Pacemaker resources, in that order:
 * Pacemaker starts nothing while fencing is on and no device exists.
 */
import type { XmlElement } from 'libxml2-wasm';
import { assertNever } from '../../kernel/invariant.ts';
import type { Cluster, Service, Vip, Volume } from '../../topology/topology.ts';
import { appendOwn, appendPrimitive, atPaceOf, type Primitive, patienceOf, withDefaults } from './primitive.ts';
import { remoteConnection } from './remotes.ts';
import { appendShareMounts, appendShareServer } from './storage.ts';
import { type Attributes, append, appendPairs } from './xml.ts';

export const fenceId = 'fencing';
export const vipId = (vip: string): string => `vip-${vip}`;
export const mountId = (volume: string): string => `mount-${volume}`;
export const attachId = (volume: string): string => `volume-${volume}`;
/** What constraints name: the clone, where there is one. */
export const serviceId = ({ name, run }: Service): string => (run === 'single' ? name : `${name}-clone`);

/** Where the cloud, or the agent of a moving volume, puts a volume before it is mounted where the person wants it. */
export const stagingPath = (volume: string): string => `/var/lib/quorate/volumes/${volume}`;

/** Where cinder-volume makes a block device appear. */
const devicePath = (volume: string): string => `/dev/quorate/${volume}`;

/** What a volume needs on a node before it can be mounted there: only a shared directory needs nothing. */
export const needsAttachment = ({ form, attach }: Volume): boolean => form === 'block' || attach === 'moving';

export function appendResources(parent: XmlElement, cluster: Cluster): void {
  appendOwn(parent, cluster, fenceDevice(cluster));
  for (const node of cluster.remotes) appendOwn(parent, cluster, remoteConnection(cluster, node));
  const volumes = cluster.volumes.flatMap((volume) =>
    needsAttachment(volume) ? [attachment(volume), mount(volume)] : [mount(volume)],
  );
  const vips = cluster.vips.map(virtualAddress);
  if (cluster.serves !== undefined) appendShareServer(parent, cluster, cluster.serves, { volumes, vips });
  else for (const primitive of [...volumes, ...vips]) appendOwn(parent, cluster, primitive);
  appendShareMounts(parent, cluster);
  for (const service of cluster.services) appendService(parent, cluster, service);
}

function fenceDevice(cluster: Cluster): Primitive {
  const names = cluster.members.map(({ name }) => name);
  const { params, monitorTimeout } = fenceTimes[cluster.powerOff](patienceOf(cluster));
  return {
    id: fenceId,
    agent: { class: 'stonith', type: 'fence_quorate' },
    params: {
      // It reaches every node of the deployment by its name, so membership may change without a word here.
      pcmk_host_check: 'none',
      // As many at once as there are nodes to fence: one dead host can take several.
      pcmk_action_limit: -1,
      // Two members that lose sight of each other must not shoot at once; more than two have a majority.
      pcmk_delay_base: names.length === 2 ? `${names[0]}:1s;${names[1]}:0s` : undefined,
      ...params,
    },
    operations: [
      { name: 'start', timeout: monitorTimeout },
      { name: 'monitor', interval: '60s', timeout: monitorTimeout },
    ],
  };
}

type FenceTimes = { readonly params: Attributes; readonly monitorTimeout: string };

/**
 * The agent's limits (power_timeout, shell_timeout) lie within Pacemaker's, so that it is the agent's reason that is
 * recorded. `slow`: Nova waits up to 60 s for a guest that hangs (without os_shutdown_timeout on its image), and the
 * API needs its time around that. `prompt`: the agent's and Pacemaker's defaults.
 */
const fenceTimes: Readonly<Record<Cluster['powerOff'], (patience: number) => FenceTimes>> = {
  prompt: () => ({ params: {}, monitorTimeout: '20s' }),
  slow: (patience) => ({
    params: {
      power_timeout: 100 * patience,
      shell_timeout: 30 * patience,
      pcmk_off_timeout: `${120 * patience}s`,
      pcmk_reboot_timeout: `${120 * patience}s`,
      pcmk_monitor_timeout: `${45 * patience}s`,
    },
    // As all operations it is lengthened where it is appended.
    monitorTimeout: '45s',
  }),
};

function attachment({ name, form, attach }: Volume): Primitive {
  const block = form === 'block';
  const timeout = block ? '180s' : '60s';
  // One of which it is not decided yet whether the cloud can share it moves: that needs nothing of the cloud.
  const how = attach === 'shared' ? 'shared' : 'moving';
  return {
    id: attachId(name),
    agent: { class: 'ocf', provider: 'quorate', type: block ? 'cinder-volume' : 'incus-volume' },
    params: block ? { volume: name, attach: how, device: devicePath(name) } : { volume: name, path: stagingPath(name) },
    operations: [
      // Nova attaches within seconds; the rest is for an API that is down for a moment, and for a fencing under way.
      { name: 'start', timeout },
      { name: 'stop', timeout },
      { name: 'monitor', interval: '20s', timeout: '20s' },
    ],
  };
}

/** Of a shared block device too, this is the only resource that mounts it: ext4 bears one node at a time. */
function mount({ name, form, mount: directory }: Volume): Primitive {
  return {
    id: mountId(name),
    agent: { class: 'ocf', provider: 'heartbeat', type: 'Filesystem' },
    params:
      form === 'block'
        ? { device: devicePath(name), directory, fstype: 'ext4' }
        : { device: stagingPath(name), directory, fstype: 'none', options: 'bind' },
    operations: [
      { name: 'start', timeout: '60s' },
      { name: 'stop', timeout: '60s' },
      { name: 'monitor', interval: '20s', timeout: '40s' },
    ],
  };
}

function virtualAddress({ name, address, prefix }: Vip): Primitive {
  return {
    id: vipId(name),
    agent: { class: 'ocf', provider: 'heartbeat', type: 'IPaddr2' },
    // arp_count_refresh defaults to 0; a lost gratuitous ARP would leave neighbours with a dead node's MAC.
    params: { ip: address, cidr_netmask: prefix, arp_count_refresh: 1 },
    operations: [
      { name: 'start', timeout: '20s' },
      { name: 'stop', timeout: '20s' },
      { name: 'monitor', interval: '10s', timeout: '20s' },
    ],
  };
}

function appendService(parent: XmlElement, cluster: Cluster, service: Service): void {
  const primitive: Primitive = {
    id: service.name,
    agent: service.agent,
    params: service.params,
    operations: withDefaults(
      service.operations,
      atPaceOf(cluster, [
        ...(service.run === 'promotable'
          ? [
              { name: 'monitor', interval: '10s', timeout: '60s', role: 'Promoted' },
              { name: 'monitor', interval: '11s', timeout: '60s', role: 'Unpromoted' },
            ]
          : [{ name: 'monitor', interval: '10s', timeout: '60s' }]),
        { name: 'start', timeout: '100s' },
        { name: 'stop', timeout: '100s' },
      ]),
    ),
  };
  switch (service.run) {
    case 'single':
      return appendPrimitive(parent, primitive);
    case 'clone':
    case 'promotable': {
      const id = serviceId(service);
      const clone = append(parent, 'clone', { id });
      const promotable = service.run === 'promotable';
      appendPairs(clone, 'meta_attributes', `${id}-meta`, {
        interleave: true,
        'clone-max': instancesOf(cluster, service),
        promotable: promotable ? true : undefined,
        notify: promotable ? true : undefined,
      });
      return appendPrimitive(clone, primitive);
    }
    default:
      return assertNever(service.run);
  }
}

/**
 * One a node is the default, but of all nodes of the cluster: with five roles of a hundred the scheduler would place
 * five hundred instances of each role's clone, and look at every node for each.
 */
function instancesOf({ members, remotes }: Cluster, { role }: Service): number | undefined {
  if (remotes.length === 0) return undefined;
  return role === undefined ? members.length : remotes.filter(({ tier }) => tier === role).length;
}
