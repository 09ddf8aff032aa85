/** VIPs: their addresses, what is let in, and who listens. */
import { type Diagnostic, renderPath } from '../../kernel/diagnostic.ts';
import type { DeploymentSpec, VipSpec } from '../schema.ts';
import { type Path, problem, repeated } from './problem.ts';
import { roleProblems } from './roles.ts';
import { targetProblems } from './targets.ts';

export const vipProblems = (spec: DeploymentSpec): readonly Diagnostic[] => [
  ...takenTwice(spec, 'external'),
  ...takenTwice(spec, 'address'),
  ...spec.vips.flatMap((vip, index) => [
    ...portProblems(spec, vip, ['vips', index]),
    ...listenProblems(spec, vip, ['vips', index]),
    ...roleProblems(spec, vip.role, ['vips', index, 'role']),
  ]),
];

function takenTwice(spec: DeploymentSpec, key: 'external' | 'address'): readonly Diagnostic[] {
  const given = spec.vips.map((vip, index) => ({ vip, path: ['vips', index, key] }));
  return repeated(given, ({ vip }) => (vip[key] === 'auto' || vip[key] === 'none' ? undefined : vip[key])).map(
    ([later, earlier]) =>
      problem(
        'duplicate-address',
        later.path,
        `${later.vip[key]} already belongs to the VIP \`${earlier.vip.name}\``,
        key === 'external'
          ? 'give another address, or `auto`'
          : 'give another address, or none and a free one is chosen',
      ),
  );
}

function portProblems(spec: DeploymentSpec, vip: VipSpec, path: Path): readonly Diagnostic[] {
  const ports = vip.ports.map((port, index) => ({ port, path: [...path, 'ports', index] }));
  const found = repeated(ports, ({ port }) => port).map(([later]) =>
    problem('duplicate-port', later.path, `port ${later.port} is already in this list`, 'write every port once'),
  );
  const balanced = spec.loadBalancers !== undefined;
  if (vip.ports.length === 0 && vip.listen.length === 0) {
    if (vip.external !== 'none')
      found.push(
        problem(
          'no-ports',
          [...path, 'ports'],
          `the VIP \`${vip.name}\` has an address outside and lets nothing in`,
          'list the TCP ports to let in, like `ports: [80]`; or write `external: none` to keep it inside',
        ),
      );
    else if (balanced)
      found.push(
        problem(
          'no-ports',
          [...path, 'ports'],
          `the load balancers have nothing to listen on for the VIP \`${vip.name}\``,
          'add `ports: [80]`, or `listen`',
        ),
      );
  }
  if (vip.external === 'none' && vip.ports.length > 0 && !balanced)
    found.push({
      ...problem(
        'unused-ports',
        [...path, 'ports'],
        'these ports let nothing in, because `external` is none',
        'remove them, or write `external: auto`',
      ),
      severity: 'warning',
    });
  return found;
}

function listenProblems(spec: DeploymentSpec, vip: VipSpec, path: Path): readonly Diagnostic[] {
  if (vip.listen.length === 0) return [];
  if (spec.loadBalancers === undefined)
    return [
      problem(
        'listen-without-load-balancers',
        [...path, 'listen'],
        '`listen` is for load balancers, and there are none',
        'write `ports: [80]` instead, or add `loadBalancers: {nodes: 2}`',
      ),
    ];
  const listeners = vip.listen.map((listener, index) => ({ ...listener, path: [...path, 'listen', index] }));
  const twice = repeated(listeners, ({ port }) => port).map(([later, earlier]) =>
    problem(
      'duplicate-port',
      [...later.path, 'port'],
      `port ${later.port} is already listened on (${renderPath(earlier.path)})`,
      'listen on every port once',
    ),
  );
  const unheard = vip.ports.flatMap((port, index) =>
    vip.listen.some((listener) => listener.port === port)
      ? []
      : [
          problem(
            'nothing-listens',
            [...path, 'ports', index],
            `port ${port} is let in, but nothing listens on it`,
            `add {port: ${port}, to: ${port}} to \`listen\`, or remove \`ports\`: what is listened on is let in`,
          ),
        ],
  );
  return [
    ...twice,
    ...unheard,
    ...vip.listen.flatMap((each, index) => targetProblems(spec, each, [...path, 'listen', index])),
  ];
}
