import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { DeploymentSecrets } from '../../clouds/cloud.ts';
import { invariant } from '../../kernel/invariant.ts';
import type { HeldLease } from '../lease/hold.ts';
import type { Store } from '../store/store.ts';
import { makeNodeCertificate } from './certificate.ts';
import type { Sealer } from './seal.ts';
import { makeSshKeyPair } from './ssh-key-pair.ts';

/** Certificate and key are one secret: stored apart, a kill in between could leave a pair that does not match. */
const NodeIdentity = z.object({ certificate: z.string(), key: z.string() });
const identityName = 'node-identity';
const KeyPair = z.object({ privateKey: z.string(), publicKey: z.string() });
/** What is made the same way for every deployment, by its name in the store. */
const makers: Readonly<Record<string, (deployment: string) => string | Promise<string>>> = {
  [identityName]: async (deployment) => JSON.stringify(await makeNodeCertificate(deployment)),
  'credential-secret': () => randomBytes(32).toString('base64url'),
  'share-password': () => randomBytes(32).toString('base64url'),
  'tenant-password': () => randomBytes(32).toString('base64url'),
  'ssh-key': (deployment) => JSON.stringify(makeSshKeyPair(`quorate ${deployment}`)),
  'host-key': (deployment) => JSON.stringify(makeSshKeyPair(`host key of ${deployment}`)),
};
const authkeyName = (cluster: string) => `authkey/${cluster}`;

/** corosync-keygen(8) makes 256 bytes; pacemaker_remote reads the same file. */
const authkeyBytes = 256;

/**
 * The deployment's secrets, made on first need and stored before they are returned: whatever a cloud has
 * seen of them, the next process has too. Throws STALE_LEASE.
 */
export async function ensureSecrets(
  context: { readonly store: Store; readonly sealer: Sealer },
  held: HeldLease,
  clusters: readonly string[],
): Promise<DeploymentSecrets> {
  const { store, sealer } = context;
  const { deployment } = held.lease;
  const missing = await makeMissing(deployment, clusters, await store.secrets(deployment));
  const sealed = Object.fromEntries(
    Object.entries(missing).map(([name, text]): [string, string] => [name, sealer.seal({ deployment, name }, text)]),
  );
  if (Object.keys(sealed).length > 0 && !(await store.addSecrets(held.lease, sealed))) throw held.lost();
  const secrets = await readSecrets(context, deployment, clusters);
  invariant(secrets, 'what was just stored is there');
  return secrets;
}

/** The same, without making any; undefined while one is missing. Needs no lease. */
export async function readSecrets(
  context: { readonly store: Store; readonly sealer: Sealer },
  deployment: string,
  clusters: readonly string[],
): Promise<DeploymentSecrets | undefined> {
  const stored = await context.store.secrets(deployment);
  const names = [...Object.keys(makers), ...clusters.map(authkeyName)];
  if (names.some((name) => stored[name] === undefined)) return undefined;
  const open = (name: string): string => context.sealer.open({ deployment, name }, stored[name] ?? '');
  return opened(clusters, open);
}

function opened(clusters: readonly string[], open: (name: string) => string): DeploymentSecrets {
  const identity = NodeIdentity.parse(JSON.parse(open(identityName)));
  return {
    authkeys: Object.fromEntries(clusters.map((cluster) => [cluster, open(authkeyName(cluster))])),
    sharePassword: open('share-password'),
    nodeCertificate: identity.certificate,
    nodeKey: identity.key,
    credentialSecret: open('credential-secret'),
    tenantPassword: open('tenant-password'),
    sshKey: KeyPair.parse(JSON.parse(open('ssh-key'))),
    hostKey: KeyPair.parse(JSON.parse(open('host-key'))),
  };
}

/** A deployment's secrets that nobody has stored. */
export async function makeSecrets(deployment: string, clusters: readonly string[]): Promise<DeploymentSecrets> {
  const made = await makeMissing(deployment, clusters, {});
  return opened(clusters, (name) => made[name] ?? '');
}

async function makeMissing(
  deployment: string,
  clusters: readonly string[],
  stored: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const made: Record<string, string> = {};
  for (const name of clusters.map(authkeyName)) {
    if (stored[name] === undefined) made[name] = randomBytes(authkeyBytes).toString('base64');
  }
  for (const [name, make] of Object.entries(makers))
    if (stored[name] === undefined) made[name] = await make(deployment);
  return made;
}
