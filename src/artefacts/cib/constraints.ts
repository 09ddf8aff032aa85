/**
 * What belongs together -> colocation and order constraints.
 *
 * `with` means "same node, after them", and "same node" is transitive: VIPs, volumes and services that
 * name each other form one party that lives on one node. The party's volumes and VIPs are chained to each
 * other and each service is bound to the end of that chain, because of two independent resources that a
 * third must be near, Pacemaker may place each on another node.
 */
import type { XmlElement } from 'libxml2-wasm';
import type { Cluster, Service } from '../../topology/topology.ts';
import { appendPlacement } from './placement.ts';
import { attachId, mountId, needsAttachment, serviceId, vipId } from './resources.ts';
import { appendShareConstraints, followShare } from './storage.ts';
import { appendHomes } from './vip-homes.ts';
import { append } from './xml.ts';

export function appendConstraints(parent: XmlElement, cluster: Cluster): void {
  appendPlacement(parent, cluster);
  // A storage cluster's volumes and VIP are one group, which needs no constraint.
  const moving = cluster.serves === undefined ? cluster.volumes.filter(needsAttachment) : [];
  for (const volume of moving) {
    colocate(parent, mountId(volume.name), attachId(volume.name));
    order(parent, attachId(volume.name), mountId(volume.name));
  }
  for (const party of parties(cluster)) appendParty(parent, cluster, party);
  appendShareConstraints(parent, cluster.shares);
  for (const service of cluster.services) {
    for (const needed of service.with) {
      if (isShare(cluster, needed)) {
        followShare(parent, needed, serviceId(service));
        continue;
      }
      const base = baseId(cluster, needed);
      if (service.run === 'single') order(parent, base, serviceId(service));
      else followClone(parent, base, service);
    }
    if (service.run === 'clone') appendHomes(parent, cluster, service);
  }
}

/** A VIP goes where an instance of the clone is healthy, or promoted, and only after it. */
function followClone(parent: XmlElement, vip: string, service: Service): void {
  const clone = serviceId(service);
  const promotable = service.run === 'promotable';
  append(parent, 'rsc_colocation', {
    id: `${vip}-with-${clone}`,
    rsc: vip,
    'with-rsc': clone,
    'with-rsc-role': promotable ? 'Promoted' : undefined,
    score: 'INFINITY',
  });
  append(parent, 'rsc_order', {
    id: `${clone}-then-${vip}`,
    first: clone,
    'first-action': promotable ? 'promote' : undefined,
    then: vip,
    'then-action': promotable ? 'start' : undefined,
    kind: 'Mandatory',
  });
}

type Party = { readonly bases: readonly string[]; readonly services: readonly Service[] };

/** Groups of VIPs and volumes that single services tie together, volumes first, in the file's order. */
function parties(cluster: Cluster): readonly Party[] {
  // Shares are everywhere: to need the same one ties nobody together.
  const singles = cluster.services
    .filter(({ run }) => run === 'single')
    .map((service): Service => ({ ...service, with: service.with.filter((name) => !isShare(cluster, name)) }))
    .filter(({ with: needs }) => needs.length > 0);
  const open: { bases: Set<string>; services: Service[] }[] = [];
  for (const service of singles) {
    const touching = open.filter(({ bases }) => service.with.some((name) => bases.has(name)));
    const merged = { bases: new Set(service.with), services: [service] };
    for (const party of touching) {
      open.splice(open.indexOf(party), 1);
      for (const base of party.bases) merged.bases.add(base);
      merged.services.unshift(...party.services);
    }
    open.push(merged);
  }
  const known = [...cluster.volumes, ...cluster.vips].map(({ name }) => name);
  return open.map(({ bases, services }) => ({ bases: known.filter((name) => bases.has(name)), services }));
}

function appendParty(parent: XmlElement, cluster: Cluster, { bases, services }: Party): void {
  for (const [index, base] of bases.entries()) {
    const before = bases[index - 1];
    if (before !== undefined) colocate(parent, headId(cluster, base), baseId(cluster, before));
  }
  const end = bases.at(-1);
  if (end === undefined) return;
  for (const service of services) colocate(parent, serviceId(service), baseId(cluster, end));
}

/** What of a base is placed first: were it the mount, Pacemaker would attach the volume elsewhere before it looks. */
function headId(cluster: Cluster, name: string): string {
  const volume = cluster.volumes.find((each) => each.name === name);
  return volume !== undefined && needsAttachment(volume) ? attachId(name) : baseId(cluster, name);
}

const isShare = (cluster: Cluster, name: string): boolean => cluster.shares.some((share) => share.name === name);

const baseId = (cluster: Cluster, name: string): string =>
  cluster.vips.some((vip) => vip.name === name) ? vipId(name) : mountId(name);

const colocate = (parent: XmlElement, follower: string, leader: string) =>
  append(parent, 'rsc_colocation', {
    id: `${follower}-with-${leader}`,
    rsc: follower,
    'with-rsc': leader,
    score: 'INFINITY',
  });

const order = (parent: XmlElement, first: string, then: string) =>
  append(parent, 'rsc_order', { id: `${first}-then-${then}`, first, then, kind: 'Mandatory' });
