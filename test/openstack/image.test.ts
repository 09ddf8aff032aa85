/** The node image's way into a real Glance, with disks that hold nothing: what is in them is Nova's business. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { listAll, type OpenStackClient, waitUntil } from '../../src/clouds/openstack/client/index.ts';
import { type ImageUpload, uploadImage } from '../../src/clouds/openstack/image/upload.ts';
import { asRefusal } from '../../src/kernel/refusal.ts';
import { ensureBed, makeTestProject, type TestProject } from './bed.ts';

const name = 'image-test-node';
const [first, second, third] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [string, string, string];
let project: TestProject;
let client: OpenStackClient;
let directory = '';
let path = '';

beforeAll(async () => {
  project = await makeTestProject(await ensureBed(), 'image-test');
  client = project.client;
  directory = await mkdtemp(join(tmpdir(), 'quorate-image-'));
  path = join(directory, 'disk.qcow2');
  await execa('qemu-img', ['create', '-q', '-f', 'qcow2', path, '1500M']);
});
afterAll(async () => {
  for (const { id } of await images()) await client.call({ service: 'image', method: 'DELETE', path: `/images/${id}` });
  await project.remove();
  await rm(directory, { recursive: true });
});

const upload = (recipe: string, more: Partial<ImageUpload> = {}) =>
  uploadImage(client, { name, path, recipe, visibility: 'private', report: () => undefined, ...more });

type Found = { readonly id: string; readonly name: string; readonly status: string };
async function images(): Promise<readonly Found[]> {
  const query = { owner: (await client.session()).projectId };
  return (await listAll(client, { service: 'image', path: '/images', query }, 'images')) as readonly Found[];
}
const names = async () => (await images()).map((image) => image.name);

it('is active under its name, with what Nova must know of it', async () => {
  const { id, changed } = await upload(first);
  expect(changed).toBe(true);
  const { body } = await client.call({ service: 'image', method: 'GET', path: `/images/${id}` });
  expect(body).toMatchObject({
    name,
    status: 'active',
    visibility: 'private',
    disk_format: 'qcow2',
    min_disk: 2,
    min_ram: 512,
    hw_disk_bus: 'virtio',
    os_shutdown_timeout: '0',
    quorate_recipe: first,
  });
});

it('is not sent again while its recipe is the same', async () => {
  const [before] = await images();
  expect(await upload(first)).toEqual({ id: before?.id, name, changed: false });
  expect(await images()).toEqual([before]);
});

it('replaces the one of another recipe, and leaves one image', async () => {
  const [before] = await images();
  const { id } = await upload(second);
  expect(id).not.toBe(before?.id);
  expect(await images()).toMatchObject([{ id, name, status: 'active' }]);
});

it('finishes what a killed upload left, wherever it was killed', async () => {
  const [before] = await images();
  const make = { name: `${name} (on its way)`, quorate_image: name, quorate_recipe: third, disk_format: 'qcow2' };
  // Killed before the data, and after them: then only the names are left to do.
  await client.call({ service: 'image', method: 'POST', path: '/images', body: { ...make, container_format: 'bare' } });
  const headers = { 'content-type': 'application/openstack-images-v2.1-json-patch' };
  const body = [{ op: 'replace', path: '/name', value: `${name} (replaced, ${second.slice(0, 12)})` }];
  await client.call({ service: 'image', method: 'PATCH', path: `/images/${before?.id ?? ''}`, headers, body });
  expect(await names()).not.toContain(name);

  expect(await upload(second)).toEqual({ id: before?.id, name, changed: true });
  const { id } = await upload(third);
  expect(await images()).toMatchObject([{ id, name, status: 'active' }]);
});

it('leaves nothing behind when it is stopped, and the image before as it was', async () => {
  const before = await images();
  const stop = new AbortController();
  const stopped = upload(first, {
    signal: stop.signal,
    report: () => stop.abort(),
  });
  const refusal = await stopped.then(() => undefined, asRefusal);
  expect(refusal?.code).toBe('INTERRUPTED');
  expect(await images()).toEqual(before);
});

it('keeps a replaced image, under another name, while a server was made from it', async () => {
  const [before] = await images();
  const server = await bootFrom(before?.id ?? '');
  try {
    const { id } = await upload(first);
    expect((await names()).toSorted()).toEqual([name, `${name} (replaced, ${third.slice(0, 12)})`]);
    expect(id).not.toBe(before?.id);
  } finally {
    await removeServer(server);
  }
  expect(await upload(first)).toMatchObject({ changed: false });
  expect(await names()).toEqual([name]);
});

/** On a compute host that only pretends, which needs no network and no bootable disk. */
async function bootFrom(image: string): Promise<string> {
  const flavors = (await listAll(client, { service: 'compute', path: '/flavors/detail' }, 'flavors')) as readonly {
    readonly id: string;
    readonly ram: number;
    readonly disk: number;
  }[];
  const flavor = flavors.find(({ ram, disk }) => ram >= 512 && (disk === 0 || disk >= 2));
  const server = {
    name: 'image-test',
    imageRef: image,
    flavorRef: flavor?.id,
    networks: 'none',
    availability_zone: 'fake',
  };
  const made = await client.call({
    service: 'compute',
    method: 'POST',
    path: '/servers',
    body: { server },
    microversion: '2.37',
  });
  const { id } = (made.body as { readonly server: { readonly id: string } }).server;
  await waitUntil(
    'the server',
    () => stateOf(id),
    (state) => state === 'ACTIVE',
    { timeoutMs: 300_000 },
  );
  return id;
}

async function removeServer(id: string): Promise<void> {
  await client.call({ service: 'compute', method: 'DELETE', path: `/servers/${id}` });
  await waitUntil(
    'the server',
    () => stateOf(id),
    (state) => state === 'gone',
    { timeoutMs: 300_000 },
  );
}

async function stateOf(id: string): Promise<string> {
  try {
    const { body } = await client.call({ service: 'compute', method: 'GET', path: `/servers/${id}` });
    return (body as { readonly server: { readonly status: string } }).server.status;
  } catch (error) {
    if (asRefusal(error)?.code === 'NOT_FOUND') return 'gone';
    throw error;
  }
}
