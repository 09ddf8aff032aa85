/**
 * One guest of the node image in QEMU, as Nova would start it, without a cloud around it: an overlay of the disk, a config
 * drive, two interfaces, SSH by a forwarded port. In emulation, which every machine has: boots take a minute or more.
 * Source: Nova's "Config drives"; OpenStack's network_data.json schema (nova, doc/api_schemas).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { makeSshKeyPair } from '../../src/engine/secrets/ssh-key-pair.ts';

export type Guest = {
  /** From QEMU's start to the first answer of SSH. */
  readonly bootMs: number;
  /** Stdout of a command in the guest's shell, whatever it exits with; the host key is the one that was given. */
  run(command: string): Promise<string>;
  console(): Promise<string>;
  stop(): Promise<void>;
};

/** For a start in emulation on a machine that does other things too. */
const patienceMs = 600_000;

export async function bootGuest(image: string, directory: string): Promise<Guest> {
  const [client, host] = [makeSshKeyPair('client'), makeSshKeyPair('host')];
  const file = (name: string) => join(directory, name);
  await writeConfigDrive(file('config'), [
    { path: '/etc/ssh/ssh_host_ed25519_key', permissions: '0600', content: host.privateKey },
    { path: '/root/.ssh/authorized_keys', permissions: '0600', content: `${client.publicKey}\n` },
    { path: '/srv/proof', permissions: '0644', content: 'from the config drive' },
  ]);
  await writeFile(file('id'), client.privateKey, { mode: 0o600 });
  await writeFile(file('known_hosts'), `guest ${host.publicKey}\n`);
  await execa('genisoimage', ['-quiet', '-R', '-J', '-V', 'config-2', '-o', file('config.iso'), file('config')]);
  await execa('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', image, '-F', 'qcow2', file('disk.qcow2'), '6G']);

  const port = await freePort();
  const startedAt = performance.now();
  const qemu = spawn('qemu-system-x86_64', machine(file, port), { stdio: 'inherit' });
  const ssh = ['-F', 'none', '-i', file('id'), '-p', String(port), '-o', 'HostKeyAlias=guest', '-o', 'BatchMode=yes'];
  const pinned = ['-o', `UserKnownHostsFile=${file('known_hosts')}`, '-o', 'StrictHostKeyChecking=yes'];
  const run = (command: string) =>
    execa('ssh', [...ssh, ...pinned, '-o', 'ConnectTimeout=20', 'root@127.0.0.1', command], { reject: false });
  while ((await run('true')).exitCode !== 0) {
    if (qemu.exitCode !== null || performance.now() - startedAt > patienceMs) {
      await stop(qemu);
      throw new Error(`the guest cannot be reached; its console:\n${await readFile(file('console.log'), 'utf8')}`);
    }
    await sleep(1_000);
  }
  const bootMs = performance.now() - startedAt;
  return {
    bootMs,
    run: async (command) => (await run(command)).stdout,
    console: () => readFile(file('console.log'), 'utf8'),
    stop: () => stop(qemu),
  };
}

const machine = (file: (name: string) => string, port: number): readonly string[] =>
  [
    ['-accel', 'tcg', '-m', '768', '-display', 'none', '-serial', `file:${file('console.log')}`],
    ['-drive', `file=${file('disk.qcow2')},if=virtio`],
    ['-drive', `file=${file('config.iso')},media=cdrom,readonly=on`],
    ['-netdev', `user,id=services,restrict=on,hostfwd=tcp:127.0.0.1:${port}-:22`],
    ['-device', `virtio-net-pci,netdev=services,mac=${links[0].ethernet_mac_address}`],
    ['-netdev', 'user,id=cluster,restrict=on,net=10.9.9.0/24'],
    ['-device', `virtio-net-pci,netdev=cluster,mac=${links[1].ethernet_mac_address}`],
    ['-device', 'virtio-rng-pci'],
  ].flat();

const links = [
  { id: 'tap0', type: 'ovs', ethernet_mac_address: '52:54:00:00:00:01', mtu: 1450 },
  { id: 'tap1', type: 'ovs', ethernet_mac_address: '52:54:00:00:00:02', mtu: 1400 },
] as const;
const address = { type: 'ipv4', netmask: '255.255.255.0' };
const gateway = { network: '0.0.0.0', netmask: '0.0.0.0', gateway: '10.0.2.2' };
const networks = [
  { ...address, id: 'network0', link: 'tap0', ip_address: '10.0.2.15', routes: [gateway] },
  { ...address, id: 'network1', link: 'tap1', ip_address: '10.9.9.15', routes: [] },
];

async function writeConfigDrive(directory: string, files: readonly object[]): Promise<void> {
  const latest = join(directory, 'openstack', 'latest');
  await mkdir(latest, { recursive: true });
  const metadata = { uuid: crypto.randomUUID(), name: 'app-1', hostname: 'app-1.novalocal' };
  await writeFile(join(latest, 'meta_data.json'), JSON.stringify(metadata));
  await writeFile(join(latest, 'network_data.json'), JSON.stringify({ links, networks, services: [] }));
  await writeFile(join(latest, 'user_data'), `#cloud-config\n${JSON.stringify({ write_files: files })}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const at = server.address();
  server.close();
  await once(server, 'close');
  if (at === null || typeof at === 'string') throw new Error('a TCP server has a port');
  return at.port;
}

async function stop(qemu: ChildProcess): Promise<void> {
  if (qemu.exitCode !== null || !qemu.kill('SIGKILL')) return;
  await once(qemu, 'exit');
}
