/** ocf:quorate:cinder-volume against real Nova and Cinder, with the credential that nodes have; see node-stage.ts. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { RelaxNGValidator, XmlDocument } from 'libxml2-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listAll, waitUntil } from '../../src/clouds/openstack/client/index.ts';
import { volumeKey } from '../../src/clouds/openstack/node-rules.ts';
import { type AgentServers, prepareAgentServers, runAs } from './agents-kit.ts';
import { type NodeStage, setStage } from './node-stage.ts';

let bed: AgentServers;
let stage: NodeStage;
let usr: string;
const ids: Record<string, string> = {};

beforeAll(async () => {
  bed = await prepareAgentServers('osagents-volume');
  for (const [name, type] of [
    ['data', 'plain'],
    ['foreign', 'plain'],
    ['shared', 'multiattach'],
  ] as const)
    ids[name] = await makeVolume(name, type);
  const metadata = Object.fromEntries(Object.entries(ids).map(([name, id]) => [volumeKey(name), id]));
  for (const name of ['app-1', 'app-2']) await bed.boot(name, metadata);
  for (const name of ['app-1', 'app-2']) await bed.become(name, 'ACTIVE');
  usr = resourceAgents(bed.directory);
  stage = setStage(bed, ['app-1', 'app-2'], usr);
  for (const id of Object.values(ids)) stage.addVolume(id, 64);
});
afterAll(async () => {
  await stage?.close();
  await bed?.remove();
});

async function makeVolume(name: string, volume_type: string): Promise<string> {
  const body = { volume: { name, size: 1, volume_type } };
  const made = await bed.client.call({ service: 'volumev3', method: 'POST', path: '/volumes', body });
  const { id } = (made.body as { readonly volume: { readonly id: string } }).volume;
  await waitUntil(
    `${name} is available`,
    () => statusOf(id),
    (status) => status === 'available',
    { timeoutMs: 120_000 },
  );
  return id;
}

async function statusOf(id: string): Promise<string> {
  const volumes = await listAll(bed.client, { service: 'volumev3', path: '/volumes/detail' }, 'volumes');
  return (volumes as { id: string; status: string }[]).find((volume) => volume.id === id)?.status ?? 'gone';
}

/** The package's ocf-tester, shell functions and schemas, without installing it. */
function resourceAgents(directory: string): string {
  const to = join(directory, 'resource-agents');
  mkdirSync(to);
  execFileSync('apt-get', ['download', 'resource-agents'], { cwd: to, stdio: 'ignore' });
  execFileSync('sh', ['-c', 'dpkg-deb -x resource-agents_*.deb .'], { cwd: to });
  return join(to, 'usr');
}

const environment = (volume: string, timeoutMs: number, attach = 'moving') => ({
  OCF_RESKEY_volume: volume,
  OCF_RESKEY_attach: attach,
  OCF_RESKEY_config_file: bed.configFile,
  OCF_RESKEY_CRM_meta_timeout: String(timeoutMs),
});

const volume = (
  node: string,
  action: string,
  { name = 'data', attach = 'moving', timeoutMs = 180_000, then = '' } = {},
) => stage.sh(node, `${stage.agent} ${action}\n${then}`, environment(name, timeoutMs, attach));

const attachedTo = async (node: string) =>
  (await bed.server(node))['os-extended-volumes:volumes_attached'].map(({ id }) => id);

const mounted = (node: string, device: string, script: string) =>
  stage.sh(node, `mount ${device} /mnt\n${script}\numount /mnt`);

describe('ocf:quorate:cinder-volume', () => {
  it("is valid by resource-agents' schema", async () => {
    const { output } = await volume('app-1', 'meta-data');
    using document = XmlDocument.fromString(output);
    using schema = XmlDocument.fromString(readFileSync(join(usr, 'share/resource-agents/metadata.rng'), 'utf8'));
    // libxml2 plans to drop RelaxNG; the schemas of this field are written in it.
    // oxlint-disable-next-line typescript/no-deprecated
    using validator = RelaxNGValidator.fromDoc(schema);
    expect(() => validator.validate(document)).not.toThrow();
  });

  it('attaches, makes a file system once, and may be started and stopped twice', async () => {
    expect((await volume('app-1', 'monitor')).exitCode).toBe(7);
    const first = await volume('app-1', 'start');
    expect(first).toMatchObject({ exitCode: 0, output: expect.stringContaining('making an ext4 file system') });
    expect(await attachedTo('app-1')).toEqual([ids['data']]);
    for (const action of ['start', 'monitor']) expect((await volume('app-1', action)).exitCode).toBe(0);
    expect((await mounted('app-1', '/dev/quorate/data', 'echo kept >/mnt/file')).exitCode).toBe(0);
    for (const action of ['stop', 'stop']) expect(await volume('app-1', action)).toMatchObject({ exitCode: 0 });
    expect((await volume('app-1', 'monitor')).exitCode).toBe(7);
    expect(await attachedTo('app-1')).toEqual([]);
  });

  it('moves with its files, and is not taken from a node that runs on with it', async () => {
    const start = await volume('app-2', 'start');
    expect(start.exitCode).toBe(0);
    expect(start.output).not.toContain('making');
    expect((await mounted('app-2', '/dev/quorate/data', 'cat /mnt/file')).output).toBe('kept\n');
    expect(await volume('app-1', 'start', { timeoutMs: 12_000 })).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining('app-2 is ACTIVE'),
    });
    expect(await attachedTo('app-2')).toEqual([ids['data']]);
  });

  it('does not stop while it is mounted, in whatever namespace', async () => {
    const holder = stage.sh('app-2', 'mount /dev/quorate/data /mnt; echo up; sleep 15; umount /mnt');
    await waitUntil(
      'it is mounted',
      async () => (await volume('app-2', 'stop', { timeoutMs: 2_500 })).output,
      (output) => output.includes('in use'),
      { timeoutMs: 10_000 },
    );
    expect(await attachedTo('app-2')).toEqual([ids['data']]);
    await holder;
  });

  it('is taken from a node as soon as that was fenced, though it is started again with the volume', async () => {
    const fence = await runAs('app-1', [
      process.execPath,
      `${bed.agents}/agents.mjs`,
      'fence_quorate',
      '-o',
      'reboot',
      '-n',
      'app-2',
      '--config-file',
      bed.configFile,
      '--power-timeout=100',
    ]);
    expect(fence.exitCode).toBe(0);
    await bed.become('app-2', 'ACTIVE');
    expect(await attachedTo('app-2')).toEqual([ids['data']]);
    expect(await volume('app-1', 'start')).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining('taking data from app-2'),
    });
    expect(await attachedTo('app-2')).toEqual([]);
    expect((await mounted('app-1', '/dev/quorate/data', 'cat /mnt/file')).output).toBe('kept\n');
    expect((await volume('app-1', 'stop')).exitCode).toBe(0);
  });

  it('passes ocf-tester', async () => {
    const parameters = `-o volume=data -o attach=moving -o config_file=${bed.configFile}`;
    // This machine has no xmllint, with which ocf-tester checks what the test above has checked.
    const xmllint = `mkdir -p ${bed.directory}/bin; ln -sf /bin/true ${bed.directory}/bin/xmllint`;
    const tester = `PATH=$PATH:${bed.directory}/bin ocf-tester -n data ${parameters} ${stage.agent}`;
    const { exitCode, output } = await stage.sh('app-1', `${xmllint}; ${tester}`);
    expect(output).toContain('passed all tests');
    expect(exitCode).toBe(0);
  });

  it('never formats what holds anything, even where nobody knows the kind', async () => {
    const loop = stage.loops.get(ids['foreign'] ?? '') ?? '';
    const descriptor = openSync(loop, 'r+');
    writeSync(descriptor, 'somebody else’s bytes', 5 * 1024 * 1024);
    closeSync(descriptor);
    const sum = () => execFileSync('sha256sum', [loop], { encoding: 'utf8' });
    const before = sum();
    expect(await volume('app-1', 'start', { name: 'foreign' })).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining('data of an unknown kind'),
    });
    expect(sum()).toBe(before);
    execFileSync('mkswap', [loop], { stdio: 'ignore' });
    const swap = sum();
    expect((await volume('app-1', 'start', { name: 'foreign' })).output).toContain('swap, not ext4');
    expect(sum()).toBe(swap);
    expect((await volume('app-1', 'monitor', { name: 'foreign' })).exitCode).toBe(7);
    expect((await volume('app-1', 'stop', { name: 'foreign' })).exitCode).toBe(0);
  });

  it('leaves the attachments of a shared volume to others, and waits for them', async () => {
    const shared = { name: 'shared', attach: 'shared' };
    expect(await volume('app-1', 'start', { ...shared, timeoutMs: 10_000 })).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining('shared is not attached to app-1'),
    });
    for (const node of ['app-1', 'app-2']) {
      const { id } = await bed.server(node);
      const body = { volumeAttachment: { volumeId: ids['shared'] } };
      const path = `/servers/${id}/os-volume_attachments`;
      await bed.client.call({ service: 'compute', method: 'POST', path, body, microversion: '2.79' });
      await waitUntil(
        'it is attached',
        () => statusOf(ids['shared'] ?? ''),
        (status) => status === 'in-use',
        {
          timeoutMs: 60_000,
        },
      );
    }
    expect((await volume('app-1', 'start', shared)).output).toContain('making an ext4 file system');
    expect((await mounted('app-1', '/dev/quorate/shared', 'echo one >/mnt/file')).exitCode).toBe(0);
    expect((await volume('app-1', 'stop', shared)).exitCode).toBe(0);
    expect((await volume('app-1', 'monitor', shared)).exitCode).toBe(7);
    expect((await volume('app-2', 'start', shared)).output).not.toContain('making');
    expect((await mounted('app-2', '/dev/quorate/shared', 'cat /mnt/file')).output).toBe('one\n');
    expect((await volume('app-2', 'stop', shared)).exitCode).toBe(0);
    for (const node of ['app-1', 'app-2']) expect(await attachedTo(node)).toEqual([ids['shared']]);
  });
});
