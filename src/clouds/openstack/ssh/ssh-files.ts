/**
 * What ssh(1) reads, instead of anything of the person who runs us: a configuration, the pinned host key and our
 * own key. In files because ssh takes neither key otherwise, and because a jump host gets none of the options
 * that stand on the command line. Follows ssh_config(5), sshd(8) "SSH_KNOWN_HOSTS FILE FORMAT".
 */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeploymentSecrets } from '../../cloud.ts';

export type SshKeys = Pick<DeploymentSecrets, 'sshKey' | 'hostKey'>;

/** A host as ssh knows it by `alias`, and where the connection to it is shared. */
export type Target = { readonly alias: string; readonly address: string; readonly controlPath: string };

/** Every node has the deployment's host key, whatever address it answers on. */
const hostKeyAlias = 'quorate-node';

/** Host name resolution, TCP and the key exchange: a guest without hardware virtualisation needs seconds for these. */
const connectSeconds = 10;
/** A connection that stays silent this often is given up: by 15 s after a node's death its commands have ended. */
const aliveSeconds = 5;
const aliveCount = 3;
/** Long enough for the rounds of one `apply` to share a connection, short enough to leave nothing behind. */
const persistSeconds = 30;

/** For `HostKeyAlias`. */
export function renderKnownHosts({ hostKey }: Pick<SshKeys, 'hostKey'>): string {
  const [type, key] = hostKey.publicKey.split(' ');
  return `${hostKeyAlias} ${type} ${key}\n`;
}

/** `target` is reached through `entry`, or is the entry itself. */
export function renderSshConfig(directory: string, entry: Target, target: Target): string {
  const hosts = [
    ...hostLines(entry),
    ...(target.alias === entry.alias ? [] : [...hostLines(target), `  ProxyJump ${entry.alias}`]),
  ];
  const common = [
    'User root',
    `IdentityFile ${join(directory, 'key')}`,
    'IdentitiesOnly yes',
    'IdentityAgent none',
    'PreferredAuthentications publickey',
    'BatchMode yes',
    `UserKnownHostsFile ${join(directory, 'known_hosts')}`,
    'GlobalKnownHostsFile none',
    `HostKeyAlias ${hostKeyAlias}`,
    'HostKeyAlgorithms ssh-ed25519',
    'StrictHostKeyChecking yes',
    'UpdateHostKeys no',
    'ControlMaster auto',
    `ControlPersist ${persistSeconds}`,
    `ConnectTimeout ${connectSeconds}`,
    `ServerAliveInterval ${aliveSeconds}`,
    `ServerAliveCountMax ${aliveCount}`,
    'LogLevel ERROR',
  ];
  return `${[...hosts, 'Host *', ...common.map((line) => `  ${line}`)].join('\n')}\n`;
}

const hostLines = ({ alias, address, controlPath }: Target): readonly string[] => [
  `Host ${alias}`,
  `  HostName ${address}`,
  `  ControlPath ${controlPath}`,
];

/**
 * The files, in a directory of our own for as long as `work` takes: a connection needs them only while it is made.
 * mkdtemp(3) makes it 0700.
 */
export async function withSshFiles<Result>(
  keys: SshKeys,
  route: { readonly entry: Target; readonly target: Target },
  work: (configFile: string) => Promise<Result>,
): Promise<Result> {
  await removeForsaken();
  const directory = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
  try {
    const write = (name: string, text: string) => writeFile(join(directory, name), text, { mode: 0o600, flag: 'wx' });
    await write('key', keys.sshKey.privateKey);
    await write('known_hosts', renderKnownHosts(keys));
    await write('config', renderSshConfig(directory, route.entry, route.target));
    return await work(join(directory, 'config'));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const prefix = 'quorate-login-';
const ofProcess = new RegExp(`^${prefix}(?<pid>\\d+)-`);

/** Of a process that was killed before it could take its key away. */
async function removeForsaken(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = ofProcess.exec(name)?.groups?.['pid'];
    if (pid !== undefined && !isAlive(Number(pid)))
      await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(ignore);
  }
}

/** Another user's, who has to do it: this one may not. */
const ignore = (): undefined => undefined;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
