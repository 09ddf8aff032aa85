/**
 * Which networks a deployment has, and the block of addresses each is cut from. A network's place in the
 * block is fixed, so that a network that comes later never moves another.
 */
import { createHash } from 'node:crypto';
import { invariant } from '../kernel/invariant.ts';
import { type Cidr, parseCidr, renderCidr, renderIpv4 } from '../kernel/ipv4.ts';
import type { DeploymentSpec } from '../spec/schema.ts';
import type { Network, NetworkName, Scenario } from './topology.ts';

const places: readonly NetworkName[] = [
  'cluster',
  'services',
  'public',
  'backend',
  'lb-cluster',
  'storage-cluster',
  'storage',
];

/** Remote nodes come by the hundred: with roles every network has 2046 hosts, otherwise 254. */
const networkPrefix = (spec: DeploymentSpec): number => (hasRoles(spec) ? 21 : 24);

export const hasRoles = (spec: DeploymentSpec): boolean => Object.keys(spec.roles).length > 0;

export function scenarioOf(spec: DeploymentSpec): Scenario {
  if (hasRoles(spec)) return 'large';
  if (spec.storageCluster !== undefined) return 'balanced-storage';
  return spec.loadBalancers === undefined ? 'basic' : 'balanced';
}

/** The network that VIPs live on: outside on the load balancers, or with the services. */
export const vipNetwork = (spec: DeploymentSpec): NetworkName =>
  spec.loadBalancers === undefined ? 'services' : 'public';

/** The network that carries the services' traffic to the nodes. */
export const serviceNetwork = (spec: DeploymentSpec): NetworkName =>
  spec.loadBalancers === undefined ? 'services' : 'backend';

/** The block that all networks are cut from: given, or derived from the name within 10.64.0.0/10. */
export function deploymentRange(spec: DeploymentSpec): Cidr {
  const given = spec.networks.range === undefined ? undefined : parseCidr(spec.networks.range);
  if (given !== undefined) return given;
  const prefix = networkPrefix(spec) - 3;
  const digest = createHash('sha256').update(spec.name).digest().readUInt32BE(0);
  const base = parseCidr('10.64.0.0/10');
  invariant(base, 'a literal CIDR parses');
  return { base: base.base + (digest % 2 ** (prefix - 10)) * 2 ** (32 - prefix), prefix };
}

export function deriveNetworks(spec: DeploymentSpec): readonly Network[] {
  const range = deploymentRange(spec);
  return networkNames(spec).map((name) => {
    const prefix = Math.max(networkPrefix(spec), range.prefix + 3);
    const cidr = { base: range.base + places.indexOf(name) * 2 ** (32 - prefix), prefix };
    return {
      name,
      cidr: renderCidr(cidr),
      prefix,
      gateway: renderIpv4(cidr.base + 1),
      routed: name === 'services' || name === 'public' || name === 'backend' || name === 'storage',
    };
  });
}

function networkNames(spec: DeploymentSpec): readonly NetworkName[] {
  const names = new Set<NetworkName>(['cluster', vipNetwork(spec), serviceNetwork(spec)]);
  if (spec.loadBalancers !== undefined) names.add('lb-cluster');
  if (spec.storageCluster !== undefined) names.add('storage-cluster').add('storage');
  return places.filter((name) => names.has(name));
}
