/**
 * What a deployment's nodes are to SSH, without a cloud: one network namespace that holds the entry, one behind it
 * that only the entry reaches, each with Debian's own sshd and the keys that Quorate makes. Files are shared with
 * this machine. Root only.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { DeploymentSecrets, SshKeyPair } from '../../src/clouds/cloud.ts';
import { aptInstall } from '../../src/clouds/local/host/apt-get.ts';
import { makeSshKeyPair } from '../../src/engine/secrets/ssh-key-pair.ts';
import { parseSpec } from '../../src/spec/parse.ts';
import { deriveTopology } from '../../src/topology/derive.ts';
import { allNodes, emptyRoster, type Topology } from '../../src/topology/topology.ts';

export type SshNodes = {
  /** Three members: `app-1` holds the entry; `app-3` shows another host key than the deployment's. */
  readonly topology: Topology;
  readonly secrets: Pick<DeploymentSecrets, 'sshKey' | 'hostKey'>;
  readonly entryAddress: string;
  /** What the three servers have logged. */
  readonly log: () => string;
  /** Cuts every connection to the node, as its death would. */
  readonly cut: (node: string) => Promise<void>;
  readonly remove: () => Promise<void>;
};

const entrySpace = 'quorate-ssh-entry';
const innerSpace = 'quorate-ssh-inner';
/** TEST-NET-2: nobody's. */
const entryAddress = '198.51.100.2';

export async function startSshNodes(): Promise<SshNodes> {
  await installServer();
  const topology = threeNodes();
  const secrets = { sshKey: makeSshKeyPair('way in'), hostKey: makeSshKeyPair('nodes') };
  const directory = mkdtempSync(join(tmpdir(), 'quorate-sshd-'));
  writeFileSync(join(directory, 'authorized_keys'), `${secrets.sshKey.publicKey}\n`);
  await removeSpaces();
  await makeSpaces(topology);
  const server = (node: string, hostKey: SshKeyPair) =>
    startServer(directory, {
      node,
      hostKey,
      space: node === 'app-1' ? entrySpace : innerSpace,
      address: inside(topology, node),
    });
  await server('app-1', secrets.hostKey);
  await server('app-2', secrets.hostKey);
  await server('app-3', makeSshKeyPair('somebody else'));
  return {
    topology,
    secrets,
    entryAddress,
    log: () => ['app-1', 'app-2', 'app-3'].map((node) => readFileSync(join(directory, `${node}.log`), 'utf8')).join(''),
    cut: async (node) => {
      const found = await execa('ip', ['netns', 'pids', node === 'app-1' ? entrySpace : innerSpace]);
      const listening = readFileSync(join(directory, `${node}.pid`), 'utf8').trim();
      const serving = found.stdout.split('\n').filter((pid) => childOf(pid, listening));
      for (const pid of serving) process.kill(Number(pid), 'SIGKILL');
    },
    remove: async () => {
      await removeSpaces();
      rmSync(directory, { recursive: true });
      // What the contract puts on a node is on this machine here.
      rmSync('/etc/quorate-test', { recursive: true, force: true });
    },
  };
}

/** On the services' network. */
export function inside(topology: Topology, name: string): string {
  const node = allNodes(topology).find((each) => each.name === name);
  return node?.addresses.find(({ network }) => network === 'services')?.address ?? '';
}

async function installServer(): Promise<void> {
  if (existsSync('/usr/sbin/sshd') && existsSync('/usr/bin/ssh')) return;
  await aptInstall(['openssh-server', 'openssh-client'], []);
}

function threeNodes(): Topology {
  const { spec } = parseSpec('apiVersion: quorate/v1\nname: reached\ncloud: somewhere\ncluster: {nodes: 3}\n');
  if (spec === undefined) throw new Error('does not parse');
  return deriveTopology(spec, emptyRoster).topology;
}

async function makeSpaces(topology: Topology): Promise<void> {
  const ip = (...argv: readonly string[]) => execa('ip', argv);
  for (const space of [entrySpace, innerSpace]) {
    await ip('netns', 'add', space);
    await ip('-n', space, 'link', 'set', 'lo', 'up');
  }
  await ip('link', 'add', 'qssh-outside', 'type', 'veth', 'peer', 'name', 'outside', 'netns', entrySpace);
  await ip('-n', entrySpace, 'link', 'add', 'inside', 'type', 'veth', 'peer', 'name', 'inside', 'netns', innerSpace);
  await ip('address', 'add', '198.51.100.1/24', 'dev', 'qssh-outside');
  await ip('link', 'set', 'qssh-outside', 'up');
  await ip('-n', entrySpace, 'address', 'add', `${entryAddress}/24`, 'dev', 'outside');
  await ip('-n', entrySpace, 'address', 'add', `${inside(topology, 'app-1')}/24`, 'dev', 'inside');
  for (const node of ['app-2', 'app-3'])
    await ip('-n', innerSpace, 'address', 'add', `${inside(topology, node)}/24`, 'dev', 'inside');
  await ip('-n', entrySpace, 'link', 'set', 'outside', 'up');
  for (const space of [entrySpace, innerSpace]) await ip('-n', space, 'link', 'set', 'inside', 'up');
}

async function removeSpaces(): Promise<void> {
  for (const space of [entrySpace, innerSpace]) {
    const { stdout } = await execa('ip', ['netns', 'pids', space], { reject: false });
    for (const pid of stdout.split('\n').filter((each) => each !== '')) {
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    }
    await execa('ip', ['netns', 'delete', space], { reject: false });
  }
}

async function startServer(
  directory: string,
  server: { readonly node: string; readonly hostKey: SshKeyPair; readonly space: string; readonly address: string },
): Promise<void> {
  const path = (ending: string) => join(directory, `${server.node}.${ending}`);
  writeFileSync(path('key'), server.hostKey.privateKey, { mode: 0o600 });
  const settings = [
    `HostKey ${path('key')}`,
    `PidFile ${path('pid')}`,
    `AuthorizedKeysFile ${join(directory, 'authorized_keys')}`,
    // The directory is below /tmp, where everybody may write.
    'StrictModes no',
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    `ListenAddress ${server.address}`,
    ...(server.space === entrySpace ? [`ListenAddress ${entryAddress}`] : []),
  ];
  writeFileSync(path('conf'), `${settings.join('\n')}\n`);
  // Debian's unit makes it.
  await execa('mkdir', ['-p', '/run/sshd']);
  await execa('ip', ['netns', 'exec', server.space, '/usr/sbin/sshd', '-f', path('conf'), '-E', path('log')]);
}

/** Whether `ancestor` has started it, over any number of generations. */
function childOf(pid: string, ancestor: string): boolean {
  for (let at = pid; at !== '' && at !== '1' && at !== '0'; ) {
    const parent = /^\d+ \(.*\) \S (\d+)/s.exec(read(`/proc/${at}/stat`))?.[1] ?? '';
    if (parent === ancestor) return true;
    at = parent;
  }
  return false;
}

const read = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');
