/** Short lists: deployments, events, a host's findings. */
import type { HostFinding } from '../commands/context.ts';
import type { Examination } from '../commands/doctor.ts';
import type { EventView } from '../commands/events.ts';
import type { DeploymentLine } from '../commands/list.ts';
import type { Instant } from '../kernel/clock.ts';
import { type Cell, renderTable } from './layout.ts';
import { paintState } from './render-status.ts';
import type { Style } from './style.ts';

export function renderList(
  lines: readonly DeploymentLine[],
  now: Instant,
  style: Style,
  program: string,
): readonly string[] {
  if (lines.length === 0)
    return [`No deployments yet. Make one: ${program} demo, or ${program} init and ${program} apply.`];
  const rows = lines.map(({ name, state, online, nodes, outside, createdAt, because }): Cell[] => [
    { text: name, paint: style.strong },
    { text: state, paint: (text) => paintState(text, style) },
    nodes === 0 ? '-' : `${online} of ${nodes}`,
    outside.join(' ') || '-',
    renderAge(now - Date.parse(createdAt)),
    state === 'ready' ? '' : because,
  ]);
  return renderTable(style, ['NAME', 'STATE', 'ONLINE', 'OUTSIDE', 'AGE', 'BECAUSE'], rows);
}

/** `45s`, `12m`, `5h`, `3d`: kubectl's way. */
export function renderAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}

/** `2026-01-31 17:03:11.204  step-finished  boot app-1 (4.2 s)` */
export function renderEvent({ at, kind, message, data }: EventView, style: Style): string {
  const elapsedMs =
    typeof data === 'object' && data !== null && 'elapsedMs' in data ? Number(data.elapsedMs) : undefined;
  const took = elapsedMs === undefined ? '' : style.faint(` (${(elapsedMs / 1000).toFixed(1)} s)`);
  const because =
    typeof data === 'object' && data !== null && 'because' in data
      ? style.faint(`, because ${String(data.because)}`)
      : '';
  return `${style.faint(at.replace('T', ' ').replace('Z', ''))}  ${kind.padEnd(13)}  ${message}${took}${because}`;
}

export function renderExamination({ cloud, fit, findings }: Examination, style: Style): readonly string[] {
  const warnings = findings.filter(({ level }) => level === 'warn').length;
  const failures = findings.filter(({ level }) => level === 'fail').length;
  const verdict = fit
    ? style.good(
        `${cloud === 'local' ? 'This machine' : `The cloud ${cloud}`} can carry clusters${warnings === 0 ? '' : `, with ${warnings} remark${warnings === 1 ? '' : 's'}`}.`,
      )
    : style.bad(`${failures} thing${failures === 1 ? '' : 's'} would stop apply.`);
  return [...findings.flatMap((finding) => renderFinding(finding, style)), '', verdict];
}

function renderFinding({ level, message, next }: HostFinding, style: Style): readonly string[] {
  const paint = { ok: style.good, warn: style.warn, fail: style.bad }[level];
  return [
    `${paint(level.padEnd(4))}  ${message}`,
    ...(next === undefined ? [] : [`      ${style.accent('next:')} ${next}`]),
  ];
}
