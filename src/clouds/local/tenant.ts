/**
 * A deployment's tenant: an Incus project that holds its instances, volumes and a copy of the node image, and
 * the certificate that its nodes use, which can do nothing outside that project.
 * Source: Incus documentation, "Project configuration" (features, restrictions), "Confine projects".
 */
import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { Refusal } from '../../kernel/refusal.ts';
import type { Topology } from '../../topology/topology.ts';
import { apiPath, type IncusClient } from './incus/client.ts';
import {
  AliasRecord,
  CertificateRecord,
  ImageRecord,
  OperationRecord,
  ProjectRecord,
  ServerRecord,
} from './incus/records.ts';
import { bridgeName, certificateName, deploymentOfCertificate, projectName, TAG } from './names.ts';
import type { LocalCloudSettings } from './settings.ts';
import { BRIDGES_KEY, bridgesOf, refuseTaken } from './torn-bridges.ts';

/** @throws Refusal CONFLICT when a project of that name is not ours, IMAGE_MISSING */
export async function ensureTenant(
  client: IncusClient,
  settings: LocalCloudSettings,
  topology: Topology,
  nodeCertificate: string,
): Promise<void> {
  await ensureProject(client, topology);
  await Promise.all([
    ensureImage(client, topology.deployment, topology.image ?? settings.imageAlias),
    ensureCertificate(client, topology.deployment, nodeCertificate),
  ]);
}

async function ensureProject(client: IncusClient, topology: Topology): Promise<void> {
  const name = projectName(topology.deployment);
  const path = apiPath(['projects', name]);
  const bridges = topology.networks.map((network) => bridgeName(topology.deployment, network.name)).toSorted();
  const config = projectConfig(topology.deployment, bridges);
  const found = await client.find(path, ProjectRecord);
  if (found === undefined) {
    await refuseTaken(client, bridges);
    const raced = await client
      .change('POST', apiPath(['projects']), {
        body: { name, description: `Quorate deployment ${topology.deployment}`, config },
      })
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    // Incus answers a name that was taken meanwhile with 500: what is there now tells.
    if (raced === undefined) return;
    if ((await client.find(path, ProjectRecord)) === undefined) throw raced;
    return ensureProject(client, topology);
  }
  if (found.config[TAG] !== topology.deployment) {
    throw new Refusal('CONFLICT', `an Incus project ${name} exists and was not made by Quorate`, {
      retry: 'never',
      next: 'Give the deployment another name, or remove that project.',
      data: { project: name },
    });
  }
  const known = bridgesOf(found);
  await refuseTaken(
    client,
    bridges.filter((bridge) => !known.includes(bridge)),
  );
  const differs = Object.entries(config).some(([key, value]) => found.config[key] !== value);
  // As a whole: a PATCH of some keys makes Incus 6.0 see the features that it leaves out as switched off.
  if (differs)
    await client.change('PUT', path, {
      body: { description: found.description, config: { ...found.config, ...config } },
    });
}

/**
 * `features.images` and `features.networks.zones` are on so that the nodes' certificate cannot put images,
 * aliases or zones into the project `default`: tried with Incus 6.0.4, where a restricted client may create
 * what its project inherits. Bridges exist only in `default`, so `features.networks` stays off, and with it
 * one hole: a client may create network ACLs there (not change or use any).
 */
function projectConfig(deployment: string, bridges: readonly string[]): Readonly<Record<string, string>> {
  return {
    'features.images': 'true',
    'features.profiles': 'true',
    'features.storage.volumes': 'true',
    'features.storage.buckets': 'true',
    'features.networks': 'false',
    'features.networks.zones': 'true',
    restricted: 'true',
    [BRIDGES_KEY]: bridges.join(','),
    'restricted.devices.disk': 'managed',
    'restricted.devices.nic': 'managed',
    'restricted.containers.nesting': 'allow',
    'limits.virtual-machines': '0',
    [TAG]: deployment,
  };
}

async function ensureCertificate(client: IncusClient, deployment: string, pem: string): Promise<void> {
  const { raw, fingerprint256 } = new X509Certificate(pem);
  const fingerprint = fingerprint256.replaceAll(':', '').toLowerCase();
  const path = apiPath(['certificates', fingerprint]);
  const project = projectName(deployment);
  const wanted = { name: certificateName(deployment), type: 'client', restricted: true, projects: [project] };
  const found = await client.find(path, CertificateRecord);
  if (found === undefined) {
    await client
      .change('POST', apiPath(['certificates']), { body: { ...wanted, certificate: raw.toString('base64') } })
      .catch(acceptConflict);
    return;
  }
  const owner = deploymentOfCertificate(found.name);
  if (owner !== undefined && owner !== deployment) {
    throw new Refusal('CONFLICT', `the certificate of deployment ${deployment} is that of deployment ${owner}`, {
      retry: 'never',
      next: 'Give each deployment a certificate of its own.',
      data: { fingerprint, owner },
    });
  }
  if (!found.restricted || found.projects.length !== 1 || found.projects[0] !== project || found.name !== wanted.name) {
    await client.change('PUT', path, { body: { ...wanted, certificate: pem } });
  }
}

function acceptConflict(error: unknown): void {
  if (!(error instanceof Refusal && error.code === 'CONFLICT')) throw error;
}

/**
 * The image in the deployment's own project: a record only, Incus finds that it has the files already (40 ms).
 * The copy goes through Incus' own HTTPS address: its API has no other way from project to project.
 */
export async function ensureImage(client: IncusClient, deployment: string, alias: string): Promise<string> {
  const project = projectName(deployment);
  const fingerprint = await imageFingerprint(client, alias);
  if ((await client.find(apiPath(['images', fingerprint]), ImageRecord, { project })) !== undefined) return fingerprint;
  const server = await client.get('/1.0', ServerRecord);
  const address = server.environment.addresses[0];
  if (address === undefined) throw notListening();
  const token = await client.begin(apiPath(['images', fingerprint, 'secret']), {});
  try {
    const source = {
      type: 'image',
      mode: 'pull',
      protocol: 'incus',
      server: `https://${address}`,
      certificate: server.environment.certificate,
      fingerprint,
      secret: z.string().parse(token.metadata['secret']),
    };
    await client.change('POST', apiPath(['images']), {
      query: { project },
      body: { public: false, auto_update: false, source },
    });
  } finally {
    await client.remove(apiPath(['operations', token.id]));
  }
  return fingerprint;
}

/** @throws Refusal IMAGE_MISSING */
export async function imageFingerprint(client: IncusClient, alias: string): Promise<string> {
  const found = await client.find(apiPath(['images', 'aliases', alias]), AliasRecord);
  if (found !== undefined) return found.target;
  throw new Refusal('IMAGE_MISSING', `the local cloud has no image ${alias}`, {
    retry: 'never',
    next: 'Build it: `quorate image build`.',
    data: { image: alias },
  });
}

export const notListening = (): Refusal =>
  new Refusal('CLOUD_REFUSED', 'Incus does not listen on an HTTPS address, which the nodes need for fencing', {
    retry: 'never',
    next: 'Run `quorate doctor`: it sets core.https_address.',
  });

/** Operations of a project that still run. */
export async function runningOperations(client: IncusClient, project: string): Promise<readonly OperationRecord[]> {
  const byState = await client.get('/1.0/operations', OperationsByState, { project, recursion: '1' });
  return byState['running'] ?? [];
}

const OperationsByState = z.record(z.string(), z.array(OperationRecord));
