/**
 * Bridges of which one half is gone. Incus 6.0 makes and deletes the interface first, its own record of it after
 * that, and gives up in between when whoever asked is killed; of a network that it has not finished, it deletes the
 * record alone. What is left it neither uses nor removes.
 * Source: Incus 6.0, `cmd/incusd/networks.go` and `internal/server/network/driver_bridge.go`.
 */
import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { promisify } from 'node:util';
import { Refusal } from '../../kernel/refusal.ts';
import { apiPath, type IncusClient } from './incus/client.ts';
import { NetworkRecord, type ProjectRecord } from './incus/records.ts';
import { despiteMovingInterfaces } from './moving-interfaces.ts';
import { notOurs } from './not-ours.ts';

/** The project's key that names the bridges of its deployment, before the first of them is made. */
export const BRIDGES_KEY = 'restricted.networks.access';

/** Interfaces of these names are the deployment's: they were free before its project got them (`refuseTaken`). */
export const bridgesOf = (project: ProjectRecord | undefined): readonly string[] =>
  project?.config[BRIDGES_KEY]?.split(',').filter((name) => name !== '') ?? [];

export const hasInterface = (name: string): Promise<boolean> =>
  access(`/sys/class/net/${name}`).then(
    () => true,
    () => false,
  );

/** @throws Refusal CONFLICT for an interface that Incus does not manage and that is not the project's */
export async function refuseTaken(client: IncusClient, names: readonly string[]): Promise<void> {
  for (const name of names) {
    if ((await client.find(apiPath(['networks', name]), NetworkRecord))?.managed !== false) continue;
    throw notOurs(`a network interface ${name} exists on this host`, name);
  }
}

/** The interface without the record: Incus would refuse to make the network while it is there. */
export async function removeInterface(name: string): Promise<void> {
  try {
    await promisify(execFile)('ip', ['link', 'delete', 'dev', name, 'type', 'bridge']);
  } catch (cause) {
    if (!(await hasInterface(name))) return;
    throw new Refusal('CLOUD_REFUSED', `the network interface ${name} is left over and cannot be removed`, {
      retry: 'later',
      next: `See why \`ip link delete dev ${name}\` fails.`,
      cause,
    });
  }
}

/** The record without the interface: Incus sets a bridge up again when its configuration changes. */
export async function restoreInterface(client: IncusClient, { name, config }: NetworkRecord): Promise<void> {
  // What it is by default, said or left out: the network stays as it was.
  const changed = { 'ipv4.firewall': config['ipv4.firewall'] === 'true' ? '' : 'true' };
  await despiteMovingInterfaces(() =>
    client.change('PATCH', apiPath(['networks', name]), { body: { config: changed } }),
  );
}

/**
 * Of the bridges of `project`, interfaces without a record, as networks that Incus can delete: with the interface
 * alone, the rules that it had made for it would stay. Whether there were any.
 */
export async function adoptLostInterfaces(
  client: IncusClient,
  project: ProjectRecord,
  tags: Readonly<Record<string, string>>,
): Promise<boolean> {
  let adopted = false;
  for (const name of bridgesOf(project)) {
    const found = await client.find(apiPath(['networks', name]), NetworkRecord);
    if (found === undefined || found.managed) continue;
    await removeInterface(name);
    const config = { 'ipv4.address': 'none', 'ipv6.address': 'none', ...tags };
    await despiteMovingInterfaces(() =>
      client.change('POST', apiPath(['networks']), { body: { name, type: 'bridge', config } }),
    );
    adopted = true;
  }
  return adopted;
}
