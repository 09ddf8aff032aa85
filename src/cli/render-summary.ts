/** What `apply` ends with: a picture of what was built, that it answers, how long it took, what to type next. */
import type { Summary } from '../commands/apply.ts';
import type { Exchange } from '../commands/demo.ts';
import type { ClusterView, NodeView, StatusView, VipView } from '../commands/status-view.ts';
import { renderDuration } from '../kernel/duration.ts';
import { type Cell, cut, renderBoxes, renderTable, widthOf } from './layout.ts';
import { partNames } from './part-names.ts';
import { holdings, paintState } from './render-status.ts';
import type { Style } from './style.ts';

export type Page = { readonly style: Style; readonly width: number; readonly program: string };

export function renderSummary(summary: Summary, page: Page): readonly string[] {
  return [
    ...renderHead(summary, page),
    '',
    ...renderPicture(summary.status, page),
    ...renderAnswers(summary, page),
    '',
    ...renderTimes(summary, page),
  ];
}

function renderHead({ status, changed }: Summary, { style }: Page): readonly string[] {
  const state = changed
    ? paintState(status.state, style)
    : `${paintState(status.state, style)}, and nothing had to be changed`;
  return [`${style.strong(status.name)} is ${state}: ${status.because}.`];
}

/**
 * Outside addresses on top, the nodes with what they hold, and what keeps them together below. One cluster under
 * the other in the order of the traffic: load balancers first.
 */
export function renderPicture(status: StatusView, { style, width }: Page): readonly string[] {
  const clusters = status.clusters.toSorted((one, other) => place(one) - place(other));
  return indent([
    ...renderVips(status.vips, style),
    ...(status.vips.length === 0 ? [] : ['']),
    ...clusters.flatMap((cluster) => {
      const nodes = status.nodes.filter((node) => node.cluster === cluster.name);
      const boxes = nodes.map((node) => ({ title: nodeTitle(node, style), lines: nodeLines(node, status, style) }));
      return [...renderBoxes(boxes, width - 4), renderCluster(cluster, style)];
    }),
  ]);
}

const place = ({ name }: ClusterView): number => (name === 'lb' ? 0 : 1);

function renderCluster({ name, quorate, online, members, fencing }: ClusterView, style: Style): string {
  const quorum = quorate ? style.good('quorate') : style.bad('without quorum');
  const alone = members === 1 ? `, ${style.warn('alone: no fail-over')}` : '';
  return `cluster ${name}: ${online} of ${members} members online, ${quorum}, fencing ${paintState(fencing, style)}${alone}`;
}

const indent = (lines: readonly string[]): readonly string[] => lines.map((line) => (line === '' ? '' : `  ${line}`));

function renderVips(vips: readonly VipView[], style: Style): readonly string[] {
  const columns = vips.map(({ name, address, outside, ports, heldBy }) => ({
    outside: outside === null ? 'inside only' : `${outside} port ${ports.join(', ')}`,
    vip: `VIP ${name} ${address}`,
    holder: heldBy ?? 'nobody',
  }));
  const wide = (key: 'outside' | 'vip') => Math.max(...columns.map((column) => widthOf(column[key])));
  return columns.map(
    ({ outside, vip, holder }) =>
      `${style.accent(outside)}${' '.repeat(wide('outside') - widthOf(outside))} ━━▶ ${vip.padEnd(wide('vip'))} ━━▶ ${style.strong(holder)}`,
  );
}

const nodeTitle = (node: NodeView, style: Style): Cell => ({ text: node.name, paint: style.strong });

function nodeLines(node: NodeView, status: StatusView, style: Style): readonly Cell[] {
  const mounts = status.volumes.filter(({ name }) => node.holds.volumes.includes(name));
  const held = holdings(node).flatMap((what): Cell[] => {
    const mount = mounts.find(({ name }) => what === `volume ${name}`);
    const line: Cell = { text: `● ${what}`, paint: style.good };
    return mount === undefined ? [line] : [line, { text: `  on ${mount.mount}`, paint: style.faint }];
  });
  return [
    `${node.state}${node.kind === 'remote' ? ', remote' : node.dc ? ', member, DC' : ', member'}`,
    ...node.addresses.map(({ network, address }): Cell => ({ text: `${address} ${network}`, paint: style.faint })),
    ...held,
  ];
}

function renderAnswers({ outside, status }: Summary, { style }: Page): readonly string[] {
  return indent(
    outside.map(({ vip, address, port, answers, elapsedMs }) => {
      const behind = status.listeners.find((listener) => listener.vip === vip && listener.port === port);
      if (!answers)
        return `${style.warn('!')} ${address}:${port} does not answer: nothing listens behind VIP ${vip} on that port`;
      if (behind?.answering.length === 0)
        return `${style.warn('!')} ${address}:${port} answers, but no node behind passes the check`;
      const nodes = behind === undefined ? '' : `, ${behind.answering.join(', ')} behind it`;
      return `${style.good('✔')} ${address}:${port} answers from here in ${elapsedMs} ms${nodes}`;
    }),
  );
}

function renderTimes({ parts, totalMs }: Pick<Summary, 'parts' | 'totalMs'>, { style }: Page): readonly string[] {
  const times = [
    ...parts.map(({ part, elapsedMs }) => [partNames[part], elapsedMs] as const),
    ['in all', totalMs] as const,
  ];
  const wide = Math.max(...times.map(([name]) => widthOf(name)));
  const line = ([name, ms]: readonly [string, number]) => `${name.padEnd(wide)} ${renderDuration(ms).padStart(11)}`;
  return ['How long it took:', ...indent(times.map((time) => style.faint(line(time))))];
}

export function renderExchanges(exchanges: readonly Exchange[], { style, width }: Page): readonly string[] {
  if (exchanges.length === 0) return [];
  const rows = exchanges.map(({ method, url, status, reply, sent, elapsedMs }): Cell[] => [
    method,
    url,
    { text: String(status), paint: status < 400 ? style.good : style.bad },
    `${elapsedMs} ms`,
    cut(sent === undefined ? reply : `sent "${sent}"`, Math.max(20, width - 60)),
  ]);
  return [
    '',
    'Tried from this machine:',
    ...indent(renderTable(style, ['', 'ADDRESS', 'STATUS', 'TIME', 'ANSWER'], rows)),
  ];
}

/** What to type next: the command, and what it is good for. */
export type NextStep = { readonly type: string; readonly to: string };

export function renderNext(steps: readonly NextStep[], { style }: Page): readonly string[] {
  const wide = Math.max(...steps.map(({ type }) => widthOf(type)));
  return [
    '',
    'Next:',
    ...steps.map(({ type, to }) => `  ${style.accent(type)}${' '.repeat(wide - widthOf(type))}  ${style.faint(to)}`),
  ];
}
