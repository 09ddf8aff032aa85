/** What would be done and why, and what the file means: nodes, networks, addresses. */
import { describeStep, type PlanView } from '../commands/plan.ts';
import type { Plan, Step } from '../plan/step.ts';
import type { Topology } from '../topology/topology.ts';
import { renderTable } from './layout.ts';
import { partNames } from './part-names.ts';
import type { Style } from './style.ts';

export function renderPlan(view: PlanView, style: Style, program: string): readonly string[] {
  return [...renderTopology(view.topology, style), '', ...renderSteps(view, style, program)];
}

export function renderTopology(topology: Topology, style: Style): readonly string[] {
  const { clusters, networks } = topology;
  const vips = clusters.flatMap((cluster) => cluster.vips);
  const volumes = clusters.flatMap((cluster) => cluster.volumes);
  const services = clusters.flatMap((cluster) => cluster.services);
  const table = (header: readonly string[], rows: readonly (readonly string[])[]) =>
    rows.length === 0 ? [] : ['', ...renderTable(style, header, rows)];
  return [
    `${style.strong(topology.deployment)} (${topology.scenario}, cloud ${topology.cloud})`,
    ...table(['NODE', 'KIND', 'FLAVOR', 'ADDRESSES'], nodeRows(topology)),
    ...table(
      ['NETWORK', 'RANGE', 'WAY OUT'],
      networks.map(({ name, cidr, routed, gateway }) => [name, cidr, routed ? `by ${gateway}` : 'none']),
    ),
    ...table(
      ['VIP', 'INSIDE', 'OUTSIDE', 'PORTS'],
      vips.map((vip) => [
        vip.name,
        `${vip.address} on ${vip.network}`,
        outsideOf(vip.external),
        vip.ports.join(' ') || '-',
      ]),
    ),
    ...table(
      ['VOLUME', 'SIZE', 'MOUNT', 'ATTACH'],
      volumes.map(({ name, sizeGiB, mount, attach }) => [name, `${sizeGiB} GiB`, mount, attach]),
    ),
    ...table(
      ['SERVICE', 'AGENT', 'RUNS ON', 'WITH'],
      services.map((service) => [service.name, agentOf(service.agent), runsOn(service), service.with.join(' ') || '-']),
    ),
  ];
}

/** A thousand remote nodes would hide everything else. */
const shownNodes = 32;

function nodeRows(topology: Topology): readonly (readonly string[])[] {
  const nodes = topology.clusters.flatMap(({ members, remotes }) => [...members, ...remotes]);
  const shown = nodes
    .slice(0, shownNodes)
    .map(({ name, kind, flavor, addresses }) => [
      name,
      kind,
      flavor,
      addresses.map(({ address }) => address).join(' '),
    ]);
  return nodes.length <= shownNodes ? shown : [...shown, [`and ${nodes.length - shownNodes} more`, '', '', '']];
}

const outsideOf = (external: Topology['clusters'][number]['vips'][number]['external']): string =>
  typeof external === 'string' ? external : external.address;

type Service = Topology['clusters'][number]['services'][number];

const agentOf = ({ class: kind, provider, type }: Service['agent']): string =>
  [kind, provider, type].filter(Boolean).join(':');

const runsOn = ({ run, role }: Service): string =>
  `${run === 'single' ? 'one node' : 'every node'}${role === undefined ? '' : ` of role ${role}`}`;

function renderSteps({ name, done, host, plan }: PlanView, style: Style, program: string): readonly string[] {
  if (done) return [`Nothing to do: ${name} is what the file says.`];
  if (plan.state === 'blocked') {
    return [`${style.bad('Blocked')}: ${plan.because}`, `  ${style.accent('next:')} ${plan.unblockedBy}`];
  }
  const needs = host.map(({ part, what, because }) => [`${partNames[part]}: ${what}`, because]);
  const steps = [...needs, ...stepsOf(plan).map((step) => [describeStep(step), step.because])];
  return [
    `${program} apply would do now, in this order (what comes after depends on what is then seen):`,
    ...steps.map(
      ([what = '', because = ''], index) => `  ${index + 1}. ${what}\n     ${style.faint(`because ${because}`)}`,
    ),
  ];
}

const stepsOf = (plan: Plan): readonly Step[] => (plan.state === 'steps' ? plan.steps : []);
