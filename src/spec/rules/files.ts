/** Files for the nodes: each path once, none of Quorate's own, none that a mount would hide. */
import type { Diagnostic } from '../../kernel/diagnostic.ts';
import type { DeploymentSpec, FileOnNodes } from '../schema.ts';
import { allMounts, everywhere, isInside } from './mounts.ts';
import { type Path, problem, repeated } from './problem.ts';

type Tier = { readonly files: readonly FileOnNodes[]; readonly path: Path; readonly mounts: readonly string[] };

function tiersOf(spec: DeploymentSpec): readonly Tier[] {
  const mountsFor = (role: string | undefined) =>
    allMounts(spec)
      .filter(({ where }) => where === role || where === everywhere)
      .map(({ mount }) => mount);
  return [
    { files: spec.cluster.files, path: ['cluster', 'files'], mounts: mountsFor(undefined) },
    { files: spec.loadBalancers?.files ?? [], path: ['loadBalancers', 'files'], mounts: [] },
    { files: spec.storageCluster?.files ?? [], path: ['storageCluster', 'files'], mounts: [] },
    ...Object.entries(spec.roles).map(([role, { files }]) => ({
      files,
      path: ['roles', role, 'files'],
      mounts: mountsFor(role),
    })),
  ];
}

export const fileProblems = (spec: DeploymentSpec): readonly Diagnostic[] => tiersOf(spec).flatMap(tierProblems);

function tierProblems({ files, path, mounts }: Tier): readonly Diagnostic[] {
  const placed = files.map((file, index) => ({ file, path: [...path, index, 'path'] }));
  return [
    ...repeated(placed, ({ file }) => file.path).map(([later]) =>
      problem('duplicate-file', later.path, `${later.file.path} is already in this list`, 'write every file once'),
    ),
    ...placed
      .filter(({ file }) => isOurs(file.path))
      .map(({ file, path: place }) =>
        problem(
          'reserved-file',
          place,
          `${file.path} is written by Quorate itself`,
          'remove it; `raw` takes what no field covers',
        ),
      ),
    ...placed.flatMap(({ file, path: place }) => {
      const mount = mounts.find((directory) => isInside(file.path, directory));
      return mount === undefined ? [] : [hidden(file.path, place, mount)];
    }),
  ];
}

const hidden = (file: string, path: Path, mount: string): Diagnostic => ({
  ...problem(
    'hidden-file',
    path,
    `${file} will not be seen where ${mount} is mounted: files are written to the node, not to the volume`,
    'put it in another directory, or write it through the service',
  ),
  severity: 'warning',
});

const ourTrees = [
  '/etc/corosync',
  '/etc/quorate',
  '/etc/pacemaker',
  '/var/lib/corosync',
  '/var/lib/pacemaker',
  '/var/lib/quorate',
  '/var/lib/cloud',
];

const ourFiles = ['/etc/hosts', '/root/.ssh/authorized_keys', '/etc/ssh/ssh_host_ed25519_key'];

const isOurs = (path: string): boolean => ourFiles.includes(path) || ourTrees.some((tree) => isInside(path, tree));
