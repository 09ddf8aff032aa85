/** A deployment's status as tables: what it is and why first, then who holds what. */
import type { ClusterView, NodeView, StatusView } from '../commands/status-view.ts';
import { type Cell, renderTable } from './layout.ts';
import type { Style } from './style.ts';

export function renderStatus(view: StatusView, style: Style): readonly string[] {
  return [
    `${style.strong(view.name)} is ${paintState(view.state, style)}: ${view.because}`,
    ...section(
      style,
      ['CLUSTER', 'QUORUM', 'ONLINE', 'DC', 'FENCING'],
      view.clusters.map((cluster) => clusterRow(cluster, style)),
    ),
    ...section(
      style,
      ['NODE', 'STATE', 'ADDRESSES', 'HOLDS'],
      view.nodes.map((node) => nodeRow(node, style)),
    ),
    ...section(style, ['VIP', 'INSIDE', 'OUTSIDE', 'PORTS', 'HELD BY'], vipRows(view, style)),
    ...section(style, ['BALANCED', 'PORT', 'ANSWER', 'DO NOT'], listenerRows(view, style)),
    ...section(style, ['VOLUME', 'SIZE', 'MOUNT', 'MOUNTED ON'], volumeRows(view, style)),
    ...section(style, ['SERVICE', 'STATE', 'RUNS ON'], serviceRows(view, style)),
    ...section(style, ['HOST', 'NODES'], hostRows(view, style)),
    ...section(
      style,
      ['FAILED', 'NODE', 'REASON'],
      view.failures.map(({ what, node, reason }) => [painted(what, style.bad), node, reason]),
    ),
    ...section(style, ['FENCED', 'ACTION', 'RESULT', 'AT'], fencingRows(view, style)),
  ];
}

/** Older ones are in Pacemaker's own history (`stonith_admin --history`). */
const shownFencing = 5;

const painted = (text: string, paint: (text: string) => string): Cell => ({ text, paint });

const section = (style: Style, header: readonly string[], rows: readonly (readonly Cell[])[]): readonly string[] =>
  rows.length === 0 ? [] : ['', ...renderTable(style, header, rows)];

const good = ['ready', 'online', 'started', 'armed', 'success'];
const passing = [
  'creating',
  'deleting',
  'booting',
  'joining',
  'standby',
  'maintenance',
  'changing',
  'pending',
  'absent',
  'unknown',
];

/** Green for what is well, yellow for what passes or was wished for, red for the rest. */
export const paintState = (state: string, style: Style): string => paintOf(state, style)(state);

const paintOf = (state: string, style: Style) =>
  good.includes(state) ? style.good : passing.includes(state) ? style.warn : style.bad;

const stateCell = (state: string, style: Style, suffix = ''): Cell =>
  painted(`${state}${suffix}`, paintOf(state, style));

const nobody = (style: Style): Cell => painted('nobody', style.bad);

function clusterRow(cluster: ClusterView, style: Style): readonly Cell[] {
  const { name, reachable, quorate, online, members, dc, fencing } = cluster;
  const quorum = !reachable
    ? painted('no answer', style.bad)
    : quorate
      ? painted('yes', style.good)
      : painted('no', style.bad);
  return [name, quorum, `${online} of ${members}`, dc ?? '-', stateCell(fencing, style)];
}

const nodeRow = (node: NodeView, style: Style): readonly Cell[] => [
  node.name,
  stateCell(node.state, style, node.detail === undefined ? '' : ` (${node.detail})`),
  node.addresses.map(({ address }) => address).join(' '),
  holdings(node).join(', '),
];

/** `VIP web`, `volume data`, `service www`, in the order they depend on each other. */
export const holdings = ({ holds }: NodeView): readonly string[] => [
  ...holds.vips.map((name) => `VIP ${name}`),
  ...holds.volumes.map((name) => `volume ${name}`),
  ...holds.services.map((name) => `service ${name}`),
];

const vipRows = ({ vips }: StatusView, style: Style): readonly (readonly Cell[])[] =>
  vips.map(({ name, address, outside, ports, heldBy }) => [
    name,
    address,
    outside ?? '-',
    ports.join(' ') || '-',
    heldBy ?? nobody(style),
  ]);

/** Who does not answer may be right not to: a service that runs on one node is found so. */
const listenerRows = ({ listeners }: StatusView, style: Style): readonly (readonly Cell[])[] =>
  listeners.map(({ vip, port, answering, silent }) => [
    vip,
    String(port),
    answering.length === 0 ? nobody(style) : answering.join(' '),
    silent.join(' ') || '-',
  ]);

const volumeRows = ({ volumes }: StatusView, style: Style): readonly (readonly Cell[])[] =>
  volumes.map(({ name, sizeGiB, mount, state, mountedOn }) => [
    name,
    `${sizeGiB} GiB`,
    mount,
    state === 'absent' ? painted('does not exist', style.bad) : (mountedOn ?? nobody(style)),
  ]);

const serviceRows = ({ services }: StatusView, style: Style): readonly (readonly Cell[])[] =>
  services.map(({ name, state, nodes, promotedOn }) => [
    name,
    stateCell(state, style),
    nodes.map((node) => (promotedOn.includes(node) ? `${node} (promoted)` : node)).join(' ') || '-',
  ]);

/** A cloud's name for a host is a long digest: its beginning tells one from another. */
const shownHost = 12;

/** Members of one cluster on one machine are yellow: that machine's death may cost the cluster its quorum. */
const hostRows = ({ hosts, nodes }: StatusView, style: Style): readonly (readonly Cell[])[] =>
  hosts.map(({ host, nodes: names }) => {
    const clusters = names.map((name) => nodes.find((node) => node.name === name)?.cluster);
    const together = new Set(clusters).size < clusters.length;
    const text = together ? `${names.join(', ')} (together)` : names.join(', ');
    return [host.slice(0, shownHost), together ? painted(text, style.warn) : text];
  });

const fencingRows = ({ fencing }: StatusView, style: Style): readonly (readonly Cell[])[] =>
  fencing
    .slice(0, shownFencing)
    .map(({ target, action, state, completed }) => [target, action, stateCell(state, style), completed]);
