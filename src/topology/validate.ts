/**
 * What only the addresses can tell: a given inside address that is not the network's or not a VIP's, and a
 * range too small for the networks. All problems at once, as diagnostics with the document's path.
 */
import type { Diagnostic } from '../kernel/diagnostic.ts';
import { cidrContains, parseCidr, parseIpv4, renderIpv4 } from '../kernel/ipv4.ts';
import type { DeploymentSpec } from '../spec/schema.ts';
import { deriveNetworks, hasRoles, vipNetwork } from './networks.ts';
import { zones } from './roster.ts';

export function validateAddresses(spec: DeploymentSpec): readonly Diagnostic[] {
  return [...rangeProblems(spec), ...spec.vips.flatMap((vip, index) => vipProblems(spec, vip.address, index))];
}

function rangeProblems(spec: DeploymentSpec): readonly Diagnostic[] {
  const largestPrefix = hasRoles(spec) ? 18 : 21;
  const range = spec.networks.range === undefined ? undefined : parseCidr(spec.networks.range);
  if (range === undefined || range.prefix <= largestPrefix) return [];
  return [
    {
      code: 'range-too-small',
      severity: 'error',
      path: ['networks', 'range'],
      message: `/${range.prefix} is too small for the networks of this deployment`,
      hint: `use a /${largestPrefix} or larger, such as ${renderIpv4(range.base - (range.base % 2 ** (32 - largestPrefix)))}/${largestPrefix}`,
    },
  ];
}

function vipProblems(spec: DeploymentSpec, text: string | undefined, index: number): readonly Diagnostic[] {
  const address = text === undefined ? undefined : parseIpv4(text);
  if (address === undefined) return [];
  const network = deriveNetworks(spec).find(({ name }) => name === vipNetwork(spec));
  const cidr = parseCidr(network?.cidr ?? '');
  if (network === undefined || cidr === undefined) return [];
  const host = address - cidr.base;
  if (cidrContains(cidr, address) && host >= zones.vip.first && host <= zones.vip.last) return [];
  const allowed = `${renderIpv4(cidr.base + zones.vip.first)} to ${renderIpv4(cidr.base + zones.vip.last)}`;
  return [
    {
      code: cidrContains(cidr, address) ? 'address-reserved' : 'address-outside-network',
      severity: 'error',
      path: ['vips', index, 'address'],
      message: cidrContains(cidr, address)
        ? `${text} is kept for nodes and the router of network ${network.name}`
        : `${text} is not in network ${network.name} (${network.cidr})`,
      hint: `use one of ${allowed}, or leave it out and a free one is chosen`,
    },
  ];
}
