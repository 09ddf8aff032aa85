/**
 * The local cloud: the `Cloud` port on Incus' REST API. A deployment is a project, its networks are bridges
 * with filters, its outside addresses network forwards, its volumes custom volumes, its nodes system
 * containers. What exists is recognised by name and tag alone; nothing is remembered between calls.
 * Follows: Incus 6.0 documentation, REST API. The host's set-up (Incus itself, pool, image) is `host/`.
 */
import type { Cloud } from '../cloud.ts';
import { inParallel } from '../parallel.ts';
import { ensureGround } from './ground.ts';
import { createIncusClient } from './incus/client.ts';
import { ServerRecord } from './incus/records.ts';
import { deleteInstance } from './instances.ts';
import { projectName } from './names.ts';
import { nodeAccessOf } from './node-access.ts';
import { ensureNodes } from './nodes.ts';
import { observe } from './observe.ts';
import { blameFullPool } from './pool.ts';
import { preflight } from './preflight.ts';
import { deployments, removeAll } from './remove.ts';
import type { LocalCloudSettings } from './settings.ts';
import { ensureTenant, notListening } from './tenant.ts';

const WIDTH = 8;

/** Connects to nothing until it is asked something. */
export function createLocalCloud(options: {
  readonly socketPath: string;
  readonly settings: LocalCloudSettings;
}): Cloud {
  const { settings } = options;
  const client = createIncusClient({ socketPath: options.socketPath });
  const onFullPool = async (error: unknown): Promise<never> => {
    throw await blameFullPool(client, settings, error);
  };
  return {
    kind: 'local',
    preflight: (topology) => preflight(client, settings, topology),
    observe: (topology) => observe(client, settings, topology),
    decideAttach: async () => 'shared',
    ensureTenant: (topology, secrets) =>
      ensureTenant(client, settings, topology, secrets.nodeCertificate).catch(onFullPool),
    ensureGround: (topology) => ensureGround(client, settings, topology).catch(onFullPool),
    nodeAccess: async (topology, secrets) => {
      const server = await client.get('/1.0', ServerRecord);
      const address = server.config['core.https_address'];
      if (address === undefined || address === '') throw notListening();
      return {
        kind: 'incus',
        url: `https://${address}`,
        project: projectName(topology.deployment),
        volumePool: settings.volumePool,
        certificate: secrets.nodeCertificate,
        key: secrets.nodeKey,
        serverCertificate: server.environment.certificate,
      };
    },
    ensureNodes: (topology, boots) => ensureNodes(client, settings, topology, boots),
    removeNodes: async (deployment, nodes) => {
      await inParallel(nodes, WIDTH, (node) => deleteInstance(client, projectName(deployment), node));
    },
    removeAll: (deployment, report) => removeAll(client, deployment, report),
    deployments: () => deployments(client),
    access: ({ deployment }) => nodeAccessOf(client, deployment),
  };
}
