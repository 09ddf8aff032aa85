import type { StatusView } from '../commands/status-view.ts';
import type { NextStep } from './render-summary.ts';

/** What one does with a deployment that is ready. */
export function nextStepsAfterApply({ name, vips }: StatusView, program: string): readonly NextStep[] {
  const outside = vips.find((vip) => vip.outside !== null && vip.ports.some((port) => port === 80));
  return [
    ...(outside === undefined ? [] : [{ type: `curl http://${outside.outside}/`, to: 'ask it' }]),
    { type: `${program} status ${name} --watch`, to: 'watch it live' },
    { type: `${program} events ${name}`, to: 'what was done, and when' },
    { type: `${program} delete ${name}`, to: 'remove everything of it' },
  ];
}

/** The demo's: killing the node that does the work, from inside and without a warning. */
export function nextStepsAfterDemo({ name, vips, nodes }: StatusView, program: string): readonly NextStep[] {
  const vip = vips.find(({ outside }) => outside !== null);
  const victim = vip?.heldBy ?? nodes[0]?.name ?? 'app-1';
  return [
    ...(vip === undefined ? [] : [{ type: `curl http://${vip.outside}/healthz`, to: 'which node answers' }]),
    { type: `${program} status ${name} --watch`, to: 'watch it live; in another terminal:' },
    { type: `${program} exec ${name} ${victim} -- poweroff -ff`, to: `kill ${victim} as a power cut would` },
    ...(vip === undefined
      ? []
      : [{ type: `curl http://${vip.outside}/hello.txt`, to: 'the file is still there, on another node' }]),
    { type: `${program} demo --delete`, to: 'remove everything of it' },
  ];
}
