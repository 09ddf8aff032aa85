/**
 * Takes a deployment apart, from whatever state it is in, by its tag alone: no topology, no memory. Ends by
 * looking again, and names what is left if anything is.
 */
import { Refusal } from '../../kernel/refusal.ts';
import { inParallel } from '../parallel.ts';
import { apiPath, type IncusClient } from './incus/client.ts';
import {
  AclRecord,
  CertificateRecord,
  InstanceRecord,
  NamedRecord,
  NetworkRecord,
  PoolRecord,
  ProjectRecord,
  VolumeRecord,
} from './incus/records.ts';
import { deleteInstance } from './instances.ts';
import { despiteMovingInterfaces } from './moving-interfaces.ts';
import { certificateName, deploymentOfCertificate, projectName, TAG } from './names.ts';
import { forwardPath, forwardsOf } from './outside.ts';
import { adoptLostInterfaces } from './torn-bridges.ts';
import { removeTraces } from './traces.ts';

const WIDTH = 8;

/** What a killed run had asked Incus for may come into being after we have looked: hence more than once. */
const PASSES = 3;

/** @throws Refusal CONFLICT when something outside Quorate still uses a part; the part is named */
export async function removeAll(
  client: IncusClient,
  deployment: string,
  report: (what: string) => void,
): Promise<void> {
  let left: readonly string[] = [];
  for (let pass = 1; pass <= PASSES; pass += 1) {
    await removeOnce(client, deployment, report);
    left = await remains(client, deployment);
    if (left.length === 0) return removeTraces(client, deployment);
  }
  throw new Refusal('CONFLICT', `deployment ${deployment} is not wholly removed: ${left.join(', ')} still there`, {
    retry: 'later',
    next: 'Run the same command again; if it stays, something else uses it.',
    data: { left },
  });
}

async function removeOnce(client: IncusClient, deployment: string, report: (what: string) => void): Promise<void> {
  const project = projectName(deployment);
  const owned = await client.find(apiPath(['projects', project]), ProjectRecord);
  // The certificate first: without it no node fences, and so restarts, another that is being deleted.
  await removeCertificates(client, deployment, report);
  const ours = owned?.config[TAG] === deployment ? owned : undefined;
  if (ours !== undefined) await emptyProject(client, ours, report);
  await removeNetworks(client, deployment, report);
  if (ours === undefined) return;
  if (await adoptLostInterfaces(client, ours, { [TAG]: deployment })) await removeNetworks(client, deployment, report);
  report(`project ${project}`);
  await client.remove(apiPath(['projects', project]));
}

async function removeCertificates(
  client: IncusClient,
  deployment: string,
  report: (what: string) => void,
): Promise<void> {
  const certificates = await client.list(apiPath(['certificates']), CertificateRecord);
  const ours = certificates.filter(({ name }) => name === certificateName(deployment));
  await inParallel(ours, WIDTH, async ({ fingerprint }) => {
    report(`certificate ${fingerprint.slice(0, 12)}`);
    await client.remove(apiPath(['certificates', fingerprint]));
  });
}

async function emptyProject(client: IncusClient, owned: ProjectRecord, report: (what: string) => void): Promise<void> {
  const project = owned.name;
  const query = { project };
  const instances = await client.list(apiPath(['instances']), InstanceRecord, query);
  await inParallel(instances, WIDTH, async ({ name }) => {
    report(`node ${name}`);
    await deleteInstance(client, project, name);
  });
  if (isolates(owned, 'storage.volumes')) await removeVolumes(client, project, report);
  // What a node's certificate may have made in the project; Incus deletes only an empty one.
  const leftovers = [
    { feature: 'images', kind: 'images' },
    { feature: 'profiles', kind: 'profiles' },
    { feature: 'networks.zones', kind: 'network-zones' },
  ].filter(({ feature }) => isolates(owned, feature));
  for (const { kind } of leftovers) {
    const found = await client.list(apiPath([kind]), NamedRecord, query);
    const names = found.map(({ name, fingerprint }) => name ?? fingerprint).filter((name) => name !== undefined);
    const removable = names.filter((name) => !(kind === 'profiles' && name === 'default'));
    await inParallel(removable, WIDTH, (name) => client.remove(apiPath([kind, name]), query));
  }
}

/**
 * Whether the project has its own of a kind. Through a project that has not, Incus lists, and deletes, what
 * belongs to the project `default`: the node image of every deployment, for one.
 */
const isolates = (project: ProjectRecord, feature: string): boolean => project.config[`features.${feature}`] === 'true';

async function removeVolumes(client: IncusClient, project: string, report: (what: string) => void): Promise<void> {
  for (const pool of await client.list(apiPath(['storage-pools']), PoolRecord)) {
    const collection = apiPath(['storage-pools', pool.name, 'volumes', 'custom']);
    const volumes = await client.list(collection, VolumeRecord, { project });
    await inParallel(volumes, WIDTH, async ({ name }) => {
      report(`volume ${name}`);
      await client.remove(`${collection}/${encodeURIComponent(name)}`, { project });
    });
  }
}

async function removeNetworks(client: IncusClient, deployment: string, report: (what: string) => void): Promise<void> {
  const networks = (await client.list(apiPath(['networks']), NetworkRecord)).filter(
    ({ config }) => config[TAG] === deployment,
  );
  for (const { name } of networks) {
    for (const { address, vip } of await forwardsOf(client, name)) {
      report(vip === undefined ? `outside address ${address}` : `outside address ${address} of VIP ${vip}`);
      await client.remove(forwardPath(name, address));
    }
    report(`network ${name}`);
    await despiteMovingInterfaces(() => client.remove(apiPath(['networks', name])));
  }
  const acls = (await client.list(apiPath(['network-acls']), AclRecord)).filter(
    ({ config }) => config[TAG] === deployment,
  );
  await inParallel(acls, WIDTH, async ({ name }) => {
    report(`network filter ${name}`);
    await client.remove(apiPath(['network-acls', name]));
  });
}

async function remains(client: IncusClient, deployment: string): Promise<readonly string[]> {
  return (await tagged(client)).filter((found) => found.deployment === deployment).map(({ what }) => what);
}

/** Names of the deployments that have anything at all in this Incus. */
export async function deployments(client: IncusClient): Promise<readonly string[]> {
  return [...new Set((await tagged(client)).map(({ deployment }) => deployment))].toSorted();
}

/** Everything outside of projects, and the projects, that some deployment owns. */
async function tagged(client: IncusClient): Promise<readonly { readonly deployment: string; readonly what: string }[]> {
  const [projects, networks, acls, certificates] = await Promise.all([
    client.list(apiPath(['projects']), ProjectRecord),
    client.list(apiPath(['networks']), NetworkRecord),
    client.list(apiPath(['network-acls']), AclRecord),
    client.list(apiPath(['certificates']), CertificateRecord),
  ]);
  const byTag = (kind: string, records: readonly { name: string; config: Readonly<Record<string, string>> }[]) =>
    records.flatMap(({ name, config }) => {
      const deployment = config[TAG];
      return deployment === undefined ? [] : [{ deployment, what: `${kind} ${name}` }];
    });
  const byName = certificates.flatMap(({ name, fingerprint }) => {
    const deployment = deploymentOfCertificate(name);
    return deployment === undefined ? [] : [{ deployment, what: `certificate ${fingerprint.slice(0, 12)}` }];
  });
  return [...byTag('project', projects), ...byTag('network', networks), ...byTag('network filter', acls), ...byName];
}
