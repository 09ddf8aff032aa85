/** Volumes and shares: where they are mounted. */
import { type Diagnostic, renderPath } from '../../kernel/diagnostic.ts';
import type { DeploymentSpec } from '../schema.ts';
import { type Path, problem } from './problem.ts';
import { roleProblems } from './roles.ts';

type Mount = {
  readonly what: string;
  readonly mount: string;
  readonly path: Path;
  /** undefined: the members; `everywhere`: all nodes that run services. */
  readonly where: string | undefined;
};

export const everywhere = '*';

export const allMounts = (spec: DeploymentSpec): readonly Mount[] => [
  ...spec.storage.map(({ name, mount, role }, index) => ({
    what: `the volume \`${name}\``,
    mount,
    path: ['storage', index, 'mount'],
    where: role,
  })),
  ...(spec.storageCluster?.shares ?? []).map(({ name, mount }, index) => ({
    what: `the share \`${name}\``,
    mount,
    path: ['storageCluster', 'shares', index, 'mount'],
    where: everywhere,
  })),
];

export const isInside = (path: string, directory: string): boolean =>
  path === directory || path.startsWith(`${directory}/`);

export function mountProblems(spec: DeploymentSpec): readonly Diagnostic[] {
  const mounts = allMounts(spec);
  return [
    ...spec.storage.flatMap(({ role }, index) => roleProblems(spec, role, ['storage', index, 'role'])),
    ...mounts.flatMap((mount, index) => [...systemProblems(mount), ...overlaps(mount, mounts.slice(0, index))]),
  ];
}

function overlaps(later: Mount, earlierMounts: readonly Mount[]): readonly Diagnostic[] {
  const shareNodes = (other: Mount) =>
    later.where === other.where || later.where === everywhere || other.where === everywhere;
  const earlier = earlierMounts.find(
    (other) => shareNodes(other) && (isInside(later.mount, other.mount) || isInside(other.mount, later.mount)),
  );
  if (earlier === undefined) return [];
  const at = `${earlier.what} (${renderPath(earlier.path)})`;
  const message =
    later.mount === earlier.mount
      ? `${later.mount} is already where ${at} is mounted`
      : isInside(later.mount, earlier.mount)
        ? `${later.mount} lies inside ${earlier.mount}, where ${at} is mounted`
        : `${later.mount} would hide ${earlier.mount}, where ${at} is mounted`;
  return [
    problem('overlapping-mount', later.path, message, 'mount every volume in a directory of its own, like /srv/NAME'),
  ];
}

/** Whole trees that a node cannot do without. */
const systemTrees = [
  '/bin',
  '/boot',
  '/dev',
  '/etc',
  '/lib',
  '/lib64',
  '/proc',
  '/root',
  '/run',
  '/sbin',
  '/sys',
  '/usr',
];
const ownTrees = ['/var/lib/corosync', '/var/lib/pacemaker', '/var/lib/quorate', '/var/lib/cloud'];
/** Directories that must stay, though what is inside them may be a mount. */
const keptDirectories = ['/tmp', '/var', '/var/cache', '/var/lib', '/var/log', '/var/tmp'];

function systemProblems({ mount, path }: Mount): readonly Diagnostic[] {
  const taken = [...systemTrees, ...ownTrees].some((tree) => isInside(mount, tree)) || keptDirectories.includes(mount);
  return taken
    ? [
        problem(
          'system-directory',
          path,
          `${mount} belongs to the node's own system`,
          'mount it under /srv, /mnt, /opt or /var/lib/NAME',
        ),
      ]
    : [];
}
