/**
 * OpenStack: the `Cloud` port on Keystone, Heat, Nova, Neutron and Cinder. A deployment is a stack for its ground
 * and one for each tier, in the person's project or in a tenant of its own; its outside addresses are floating IPs.
 * What exists is found by name and tag; nothing is remembered between calls. Templates are `src/artefacts/heat`.
 */
import { Refusal } from '../../kernel/refusal.ts';
import { entryVip, type Topology } from '../../topology/topology.ts';
import type { Cloud, DeploymentSecrets, NodeCloudAccess } from '../cloud.ts';
import type { OpenStackClient, OpenStackCredentials } from './client/index.ts';
import { ensureGround } from './ground.ts';
import { nodeCredentialName } from './keystone-names.ts';
import { readMemory, writeMemory } from './memory.ts';
import { probeMultiattach } from './multiattach.ts';
import { adaptNodes, ensureNodes, removeNodes } from './nodes.ts';
import { observe, outsideOf } from './observe.ts';
import { preflight } from './preflight/index.ts';
import { deployments, removeAll } from './remove.ts';
import type { OpenStackSettings } from './settings.ts';
import { createSshAccess } from './ssh/ssh-access.ts';
import { ensureTenant, findTenantUser } from './tenant.ts';
import { createWorkspaces, type Workspaces, workspaceByName, workspaceOf } from './workspace.ts';

/** Connects to nothing until it is asked something. */
export function createOpenStackCloud(options: {
  readonly credentials: OpenStackCredentials;
  readonly settings: OpenStackSettings;
}): Cloud {
  const { credentials, settings } = options;
  const workspaces = createWorkspaces(credentials);
  const clientFor = async (topology: Topology): Promise<OpenStackClient> => {
    const workspace = await workspaceOf(workspaces, topology);
    if (workspace !== undefined) return workspace.client;
    throw new Refusal('NOT_FOUND', `tenant ${topology.tenant} does not exist`, { retry: 'later' });
  };
  return {
    kind: 'openstack',
    preflight: async (topology) => {
      // What the person may have counts until there is a tenant, which then has its own quotas.
      const workspace = await workspaceOf(workspaces, topology);
      return preflight(workspace?.client ?? workspaces.own, topology, settings);
    },
    observe: (topology) => observe(workspaces, topology),
    decideAttach: async (topology) => {
      const { sharedVolumeType } = settings;
      const { multiattach } = await probeMultiattach(await clientFor(topology), topology.deployment, sharedVolumeType);
      return multiattach ? 'shared' : 'moving';
    },
    ensureTenant: (topology, secrets) => ensureTenant(workspaces, topology, secrets),
    ensureGround: async (topology) => {
      const client = await clientFor(topology);
      await ensureGround(client, settings, topology);
      await adaptNodes(client, settings, topology);
    },
    remember: async (topology, memory) => writeMemory(await clientFor(topology), topology.deployment, memory),
    recall: async (deployment) => readMemory((await workspaceByName(workspaces, deployment)).client, deployment),
    nodeAccess: (topology, secrets) => nodeAccess(workspaces, topology, secrets),
    ensureNodes: async (topology, boots) => ensureNodes(await clientFor(topology), settings, topology, boots),
    removeNodes: async (deployment, nodes) =>
      removeNodes((await workspaceByName(workspaces, deployment)).client, deployment, nodes),
    removeAll: (deployment, report) => removeAll(workspaces, deployment, report),
    deployments: () => deployments(workspaces),
    access: (topology, secrets) =>
      createSshAccess(topology, secrets, async () => {
        const outside = await outsideOf(await clientFor(topology), topology.deployment);
        return outside[entryVip]?.address;
      }),
  };
}

/** By name, not by id: a credential that is made again with the same secret is the one that the nodes know. */
async function nodeAccess(
  { own, credentials }: Workspaces,
  { deployment, tenant }: Topology,
  { credentialSecret }: DeploymentSecrets,
): Promise<NodeCloudAccess> {
  const userId = tenant === undefined ? (await own.session()).userId : await findTenantUser(own, deployment);
  if (userId === undefined)
    throw new Refusal('NOT_FOUND', `tenant ${tenant} has no user yet`, {
      retry: 'later',
      next: 'Apply the deployment first.',
    });
  const { authUrl, region, interface: endpoints, caCertificate } = credentials;
  return {
    kind: 'openstack',
    deployment,
    authUrl,
    interface: endpoints,
    ...(region === undefined ? {} : { region }),
    ...(caCertificate === undefined ? {} : { caCertificate }),
    applicationCredentialName: nodeCredentialName(deployment),
    userId,
    applicationCredentialSecret: credentialSecret,
  };
}
