/**
 * What of a living deployment cannot change by another specification. A wish that would silently stay
 * unfulfilled is refused instead, with what can be done.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Diagnostic } from '../kernel/diagnostic.ts';
import { renderCidr } from '../kernel/ipv4.ts';
import type { DeploymentSpec } from '../spec/schema.ts';
import { deploymentRange, hasRoles } from '../topology/networks.ts';

/** How much of the deployment is there already. */
export type Life = 'nothing' | 'ground' | 'nodes';

type Path = Diagnostic['path'];

/** Empty when `next` can be reached from `live` by changing what is there. */
export function immutableChanges(live: DeploymentSpec, next: DeploymentSpec, life: Life): readonly Diagnostic[] {
  if (life === 'nothing') return [];
  const ground = [
    ...changed(['cloud'], live.cloud, next.cloud, 'a deployment stays in the cloud where it was made'),
    ...changed(['networks', 'range'], rangeOf(live), rangeOf(next), 'its nodes keep their addresses for life'),
    ...changed(
      ['loadBalancers'],
      live.loadBalancers !== undefined,
      next.loadBalancers !== undefined,
      'the nodes behind are on other networks with them',
    ),
    ...changed(['tenant'], live.tenant, next.tenant, 'a deployment stays in its tenant'),
    ...volumeChanges(live, next),
    ...shareChanges(live, next),
  ];
  return life === 'ground' ? ground : [...ground, ...nodeChanges(live, next)];
}

function volumeChanges(live: DeploymentSpec, next: DeploymentSpec): readonly Diagnostic[] {
  return next.storage.flatMap((volume, index) => {
    const before = live.storage.find((other) => other.name === volume.name);
    if (before === undefined) return [];
    const because = 'a volume is neither resized nor attached another way yet';
    return [
      ...changed(['storage', index, 'sizeGiB'], before.sizeGiB, volume.sizeGiB, because),
      ...changed(['storage', index, 'attach'], before.attach, volume.attach, because),
    ];
  });
}

/** A share is a volume, a network of every node, and files that nodes get at their first boot. */
function shareChanges(live: DeploymentSpec, next: DeploymentSpec): readonly Diagnostic[] {
  const lasting = ({ storageCluster }: DeploymentSpec) =>
    storageCluster === undefined ? undefined : { ...storageCluster, nodes: undefined };
  const because = 'of a storage cluster only the number of nodes can be changed yet';
  return changed(['storageCluster'], lasting(live), lasting(next), because);
}

/** All of this reaches a node at its first boot, and only then. */
function nodeChanges(live: DeploymentSpec, next: DeploymentSpec): readonly Diagnostic[] {
  const because = 'a node takes it at its first boot only';
  return [
    ...changed(['image'], live.image, next.image, because),
    ...changed(['cluster', 'flavor'], live.cluster.flavor, next.cluster.flavor, because),
    ...changed(['cluster', 'failureDetection'], live.cluster.failureDetection, next.cluster.failureDetection, because),
    ...changed(['cluster', 'files'], live.cluster.files, next.cluster.files, because),
    ...tierChanges(['loadBalancers'], live.loadBalancers, next.loadBalancers, because),
    ...Object.entries(next.roles).flatMap(([name, role]) =>
      tierChanges(['roles', name], live.roles[name], role, because),
    ),
    ...changed(['roles'], hasRoles(live), hasRoles(next), 'with roles the cluster is another one, with other nodes'),
  ];
}

type Tier = Pick<DeploymentSpec['cluster'], 'flavor' | 'files'>;

/** Of a tier that is in both. */
function tierChanges(path: Path, live: Tier | undefined, next: Tier | undefined, because: string) {
  if (live === undefined || next === undefined) return [];
  return [
    ...changed([...path, 'flavor'], live.flavor, next.flavor, because),
    ...changed([...path, 'files'], live.files, next.files, because),
  ];
}

function changed(path: Path, live: unknown, next: unknown, because: string): readonly Diagnostic[] {
  if (isDeepStrictEqual(live, next)) return [];
  return [
    {
      code: 'immutable',
      severity: 'error',
      path,
      message: `cannot be changed while the deployment lives: ${because}`,
      hint: 'set it back to what it was, or delete the deployment and apply it anew',
    },
  ];
}

/** By what it comes to: naming the range that was derived before is no change. */
const rangeOf = (spec: DeploymentSpec): string => renderCidr(deploymentRange(spec));
