/** Ranges that depend on another field. */
import type { Diagnostic } from '../../kernel/diagnostic.ts';
import { type Cidr, cidrContains, parseCidr } from '../../kernel/ipv4.ts';
import type { DeploymentSpec } from '../schema.ts';
import { oneOf } from '../suggest.ts';
import { problem } from './problem.ts';

const maxMembers = 16;

export function sizeProblems(spec: DeploymentSpec): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const { nodes } = spec.cluster;
  if (nodes > maxMembers && Object.keys(spec.roles).length === 0)
    found.push(
      problem(
        'too-many-members',
        ['cluster', 'nodes'],
        `must be 2 to ${maxMembers} without roles, not ${nodes}`,
        `write ${maxMembers} or fewer; or put the services into \`roles\`, whose nodes are remote nodes, and keep a core of 3 to 32`,
      ),
    );
  return [...found, ...remoteProblems(spec), ...rangeProblems(spec.networks.range)];
}

/** One transition of the scheduler then takes seconds; beyond, every failure waits for it (docs/adr/0004-remotes-of-one-core.md). */
const maxRemotes = 500;

function remoteProblems({ roles }: DeploymentSpec): readonly Diagnostic[] {
  const remotes = Object.values(roles).reduce((sum, { nodes }) => sum + nodes, 0);
  if (remotes <= maxRemotes) return [];
  return [
    problem(
      'too-many-remotes',
      ['roles'],
      `must have at most ${maxRemotes} nodes together, not ${remotes}: they are more than one core can decide for`,
      'split them over several deployments, each with a core of its own',
    ),
  ];
}

const privateBlocks = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'];

function rangeProblems(range: string | undefined): readonly Diagnostic[] {
  const cidr = range === undefined ? undefined : parseCidr(range);
  if (cidr === undefined) return [];
  const found: Diagnostic[] = [];
  const at = ['networks', 'range'];
  if (cidr.prefix < 16 || cidr.prefix > 21)
    found.push(
      problem('range-size', at, `must be a /16 to a /21, not a /${cidr.prefix}`, 'write a network like 10.77.0.0/16'),
    );
  const inside = (block: string) => contains(parseCidr(block), cidr);
  if (!privateBlocks.some(inside))
    found.push(
      problem('range-public', at, `${range} is not private address space`, `take it from ${oneOf(privateBlocks)}`),
    );
  return found;
}

const contains = (block: Cidr | undefined, cidr: Cidr): boolean =>
  block !== undefined && cidr.prefix >= block.prefix && cidrContains(block, cidr.base);
