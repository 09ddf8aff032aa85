/**
 * Nodes as Incus system containers: created and started in one call each, all at once; a stopped one is
 * started; one that never ran and does not start is made anew, once, because there is nothing in it to lose.
 */
import { invariant } from '../../kernel/invariant.ts';
import { Refusal } from '../../kernel/refusal.ts';
import type { Node, Topology } from '../../topology/topology.ts';
import type { NodeBoot } from '../cloud.ts';
import { inParallel } from '../parallel.ts';
import { volumeDisks } from './attach.ts';
import { confinedByAppArmor } from './host-facts.ts';
import { apiPath, type IncusClient } from './incus/client.ts';
import type { InstanceRecord } from './incus/records.ts';
import { deleteInstance, findInstance, RUNNING, settleInstance, startInstance } from './instances.ts';
import { raiseKernelLimits } from './kernel-limits.ts';
import { bridgeName, projectName, TAG } from './names.ts';
import { blameFullPool } from './pool.ts';
import type { LocalCloudSettings } from './settings.ts';
import { ensureImage } from './tenant.ts';

/** More at once only queue up inside Incus, at its storage. */
const WIDTH = 8;

/** @throws Refusal DISK_FULL, IMAGE_MISSING, CONFLICT, INVALID_INPUT (unknown flavor), CLOUD_REFUSED with the cause */
export async function ensureNodes(
  client: IncusClient,
  settings: LocalCloudSettings,
  topology: Topology,
  boots: readonly NodeBoot[],
): Promise<void> {
  if (boots.length === 0) return;
  const [image, nesting] = await Promise.all([
    ensureImage(client, topology.deployment, topology.image ?? settings.imageAlias),
    confinedByAppArmor(),
    raiseKernelLimits(),
  ]);
  await inParallel(boots, WIDTH, async (boot) => {
    const body = instanceBody(settings, topology, boot, { image, nesting });
    try {
      await ensureNode(client, topology.deployment, boot.node.name, body);
    } catch (error) {
      throw await blameFullPool(client, settings, error);
    }
  });
}

async function ensureNode(client: IncusClient, deployment: string, name: string, body: unknown): Promise<void> {
  const project = projectName(deployment);
  const existing = await findInstance(client, project, name);
  if (existing === undefined) {
    const failure = await create(client, project, body);
    if (failure === undefined) return;
    if ((await findInstance(client, project, name)) === undefined) throw failure;
  }
  // From here on it exists: an earlier run's, one that another process just made, or one that did not start.
  // One that runs may be about to be stopped or deleted: what a killed run had asked for last.
  await settleInstance(client, project, name);
  const found = await findInstance(client, project, name);
  if (found === undefined) return ensureNode(client, deployment, name, body);
  refuseForeign(found, deployment);
  if (found.status_code === RUNNING) return;
  try {
    await startInstance(client, project, name);
  } catch (error) {
    if (!neverRan(found)) throw error;
    await deleteInstance(client, project, name);
    const failure = await create(client, project, body);
    if (failure === undefined) return;
    await startInstance(client, project, name);
  }
}

const create = (client: IncusClient, project: string, body: unknown): Promise<unknown> =>
  client.change('POST', apiPath(['instances']), { query: { project }, body }).then(
    () => undefined,
    (error: unknown) => error,
  );

const neverRan = (instance: InstanceRecord): boolean => new Date(instance.last_used_at).getTime() <= 0;

function refuseForeign(found: InstanceRecord, deployment: string): void {
  if (found.config[TAG] === deployment) return;
  throw new Refusal(
    'CONFLICT',
    `an instance ${found.name} exists in ${projectName(deployment)} and was not made by Quorate`,
    {
      retry: 'never',
      next: 'Remove it.',
      data: { instance: found.name },
    },
  );
}

function instanceBody(
  settings: LocalCloudSettings,
  topology: Topology,
  boot: NodeBoot,
  { image, nesting }: { readonly image: string; readonly nesting: boolean },
) {
  const { node } = boot;
  const flavor = settings.flavors[node.flavor];
  if (flavor === undefined) {
    throw new Refusal('INVALID_INPUT', `the local cloud has no flavor ${node.flavor}`, {
      retry: 'never',
      next: `Use one of ${Object.keys(settings.flavors).join(', ')}.`,
    });
  }
  return {
    name: node.name,
    type: 'container',
    start: true,
    // None: everything stands in the instance itself, so nothing is shared and nothing can be changed below it.
    profiles: [],
    source: { type: 'image', fingerprint: image },
    config: {
      'limits.cpu': String(flavor.cpus),
      'limits.memory': `${flavor.memoryMiB}MiB`,
      'boot.autostart': 'true',
      'cloud-init.user-data': boot.userData,
      'cloud-init.network-config': boot.networkConfig,
      ...(nesting ? { 'security.nesting': 'true' } : {}),
      [TAG]: topology.deployment,
    },
    devices: {
      root: { type: 'disk', path: '/', pool: settings.pool },
      ...nics(topology, node),
      ...volumeDisks(settings, topology, node),
    },
  };
}

function nics(topology: Topology, node: Node) {
  invariant(node.addresses.length > 0, `${node.name} has a network`);
  return Object.fromEntries(
    node.addresses.map(({ network }, index) => [
      `eth${index}`,
      { type: 'nic', name: `eth${index}`, network: bridgeName(topology.deployment, network) },
    ]),
  );
}
