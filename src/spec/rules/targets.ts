/** What is behind a port of the load balancers, and whether its check can tell who answers. */
import type { Diagnostic } from '../../kernel/diagnostic.ts';
import type { DeploymentSpec, ServiceSpec, VipSpec } from '../schema.ts';
import { didYouMean, oneOf } from '../suggest.ts';
import { parseTarget } from '../target.ts';
import { allServices, type Path, problem } from './problem.ts';

type Listener = VipSpec['listen'][number];

export function targetProblems(spec: DeploymentSpec, listener: Listener, path: Path): readonly Diagnostic[] {
  const { to } = listener;
  if (typeof to === 'number') return addressProblems(spec, listener, path);
  const services = allServices(spec).map(({ service }) => service);
  const target = parseTarget(to);
  const service = services.find(({ name }) => name === target.service);
  const place = [...path, 'to'];
  if (service === undefined) return [unknownTarget(to, place, services)];
  const port = target.port ?? 1;
  const outOfRange =
    port >= 1 && port <= 65_535
      ? []
      : [
          problem(
            'out-of-range',
            place,
            `the port of \`${service.name}\` must be 1 to 65535, not ${port}`,
            'correct it',
          ),
        ];
  return [...outOfRange, ...checkProblems(service, listener, path), ...addressProblems(spec, listener, path)];
}

/** All nodes are behind, and a check that all of them pass sends traffic to nodes that cannot serve it. */
function checkProblems({ name, clone, promotable }: ServiceSpec, { check }: Listener, path: Path): Diagnostic[] {
  const place = [...path, 'check'];
  if (promotable && typeof check === 'string')
    return [
      problem(
        'check-cannot-tell',
        place,
        `\`${name}\` answers on every node, and this check cannot tell where it is promoted`,
        'write a path that answers 2xx only there, like check: {http: /primary}; or the port instead of the name to use them all',
      ),
    ];
  if (!clone && !promotable && check === 'none')
    return [
      problem(
        'check-cannot-tell',
        place,
        `\`${name}\` runs on one node, and without a check traffic goes to all of them`,
        'write `check: tcp`, or a path like check: {http: /healthz}',
      ),
    ];
  return [];
}

/** The header is HTTP's; a port without an HTTP check is passed on as TCP, whatever it carries. */
function addressProblems({ loadBalancers }: DeploymentSpec, { port, check }: Listener, path: Path): Diagnostic[] {
  if (loadBalancers?.clientAddress !== 'x-forwarded-for' || typeof check === 'object') return [];
  return [
    {
      ...problem(
        'client-address-lost',
        [...path, 'check'],
        `port ${port} is passed on as TCP, without X-Forwarded-For`,
        'for HTTP write a path to check, like check: {http: /healthz}; else `clientAddress: proxy-protocol`, if the service knows it',
      ),
      severity: 'warning',
    },
  ];
}

function unknownTarget(to: string, path: Path, services: readonly ServiceSpec[]): Diagnostic {
  if (/^[0-9]+$/.test(to))
    return problem(
      'unknown-name',
      path,
      `"${to}" is text, so it is taken for a service`,
      `write the port without quotes: to: ${to}`,
    );
  const names = services.map(({ name }) => name);
  const otherwise = names.length === 0 ? 'write a port' : `write a port, or one of the services: ${oneOf(names)}`;
  const { service } = parseTarget(to);
  return problem('unknown-name', path, `there is no service \`${service}\``, didYouMean(service, names, otherwise));
}
