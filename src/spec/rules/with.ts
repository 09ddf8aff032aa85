/** What a service wants on its node: VIPs, volumes and shares that can be there. */
import type { Diagnostic } from '../../kernel/diagnostic.ts';
import type { DeploymentSpec } from '../schema.ts';
import { didYouMean, oneOf } from '../suggest.ts';
import { allServices, type Path, type PlacedService, problem, repeated } from './problem.ts';

export const withProblems = (spec: DeploymentSpec): readonly Diagnostic[] =>
  allServices(spec).flatMap((placed) => {
    const wanted = placed.service.with.map((name, index) => ({ name, path: [...placed.path, 'with', index] }));
    return [
      ...repeated(wanted, ({ name }) => name).map(([later]) =>
        problem('duplicate-name', later.path, `\`${later.name}\` is already in this list`, 'name it once'),
      ),
      ...wanted.flatMap(({ name, path }) => problemsOf(spec, placed, name, path)),
    ];
  });

function problemsOf(spec: DeploymentSpec, placed: PlacedService, name: string, path: Path): readonly Diagnostic[] {
  const { service, role } = placed;
  const volume = spec.storage.find((candidate) => candidate.name === name);
  const vip = spec.vips.find((candidate) => candidate.name === name);
  // Every node that runs services mounts every share.
  if (spec.storageCluster?.shares.some((share) => share.name === name)) return [];
  if (volume === undefined && vip === undefined) return [notPossible(spec, name, path)];
  if (volume !== undefined && (service.clone || service.promotable))
    return [
      problem(
        'clone-with-volume',
        path,
        `\`${service.name}\` runs on every node, and the volume \`${name}\` is mounted on one node only`,
        `remove \`${name}\` here, or remove \`${service.clone ? 'clone' : 'promotable'}\``,
      ),
    ];
  if (vip !== undefined && spec.loadBalancers !== undefined)
    return [
      problem(
        'vip-on-load-balancers',
        path,
        `the VIP \`${name}\` is held by the load balancers, not by the nodes that run \`${service.name}\``,
        `remove \`${name}\` here: the load balancers send its traffic to all nodes`,
      ),
    ];
  const where = (volume ?? vip)?.role;
  if (where === role || (where !== undefined && !Object.hasOwn(spec.roles, where))) return [];
  const kind = volume === undefined ? 'VIP' : 'volume';
  const hint =
    role === undefined
      ? `move the service into \`roles.${where}.services\``
      : `add \`role: ${role}\` to the ${kind} \`${name}\``;
  return [
    problem(
      'with-elsewhere',
      path,
      `the ${kind} \`${name}\` lives on ${nodesOf(where)}, and \`${service.name}\` on ${nodesOf(role)}`,
      hint,
    ),
  ];
}

const nodesOf = (role: string | undefined): string => (role === undefined ? 'the members' : `the nodes of \`${role}\``);

function notPossible(spec: DeploymentSpec, name: string, path: Path): Diagnostic {
  if (allServices(spec).some(({ service }) => service.name === name))
    return problem(
      'with-service',
      path,
      `\`${name}\` is a service, and \`with\` names VIPs, volumes and shares only`,
      'name the same VIP or volume in both services: they then run on the same node',
    );
  const possible = [...spec.vips, ...spec.storage, ...(spec.storageCluster?.shares ?? [])].map(
    (candidate) => candidate.name,
  );
  const otherwise =
    possible.length === 0 ? 'add it to `vips` or `storage`, or remove it here' : `\`with\` may name ${oneOf(possible)}`;
  return problem(
    'unknown-name',
    path,
    `there is no VIP, volume or share \`${name}\``,
    didYouMean(name, possible, otherwise),
  );
}
