/**
 * The node image in a project's Glance, under one name: uploaded where there is none of its recipe, and only
 * whole ones ever bear the name. A kill leaves an image that the next upload removes, or one that it goes on with.
 * Source: Image service API v2 (docs.openstack.org/api-ref/image/v2).
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { asRefusal } from '../../../kernel/refusal.ts';
import { type OpenStackClient, waitUntil } from '../client/index.ts';
import { readAll } from '../read.ts';
import { describeImage, imageProperty, recipeProperty, virtualSizeGiB } from './properties.ts';

export type ImageUpload = {
  readonly name: string;
  /** A qcow2 file and its recipe's digest, as the local image build gives them. */
  readonly path: string;
  readonly recipe: string;
  /** Anything but `private` usually needs an operator. */
  readonly visibility: 'private' | 'shared' | 'community' | 'public';
  readonly report: (activity: string) => void;
  readonly signal?: AbortSignal;
};

export type UploadedImage = { readonly id: string; readonly name: string; readonly changed: boolean };

const Image = z.object({
  id: z.string(),
  name: z.string().nullish(),
  status: z.string(),
  visibility: z.string(),
  [imageProperty]: z.string().nullish(),
  [recipeProperty]: z.string().nullish(),
});
type Image = z.output<typeof Image>;

/** A backend may copy or convert what it got. */
const activationPatienceMs = 600_000;

/**
 * The project's image `name` is of `recipe` afterwards. The one that it replaces goes, or, where servers of this project were
 * made from it (Nova may need it to move them) or others may see it, stays under another name.
 * Two uploads at once: the later one removes what the earlier one has begun, and that one is refused with NOT_FOUND.
 * @throws Refusal as the client does; QUOTA_EXCEEDED where the project has no room for it
 */
export async function uploadImage(client: OpenStackClient, upload: ImageUpload): Promise<UploadedImage> {
  const { name, recipe } = upload;
  const all = await ownImages(client, name);
  const active = all.filter(({ status }) => status === 'active');
  const fitting = active.filter((image) => image[recipeProperty] === recipe);
  const found = fitting.find((image) => image.name === name) ?? fitting[0];
  if (found === undefined) for (const { id, status } of all) if (isHalf(status)) await removeImage(client, id);
  const id = found?.id ?? (await sendImage(client, upload));
  for (const image of active) if (image.id !== id) await retire(client, name, image);
  if (found?.name !== name) await rename(client, id, name);
  return { id, name, changed: found?.name !== name };
}

/** Of an upload that broke off: Glance waits for its data, or gave up. */
const isHalf = (status: string): boolean => ['queued', 'saving', 'killed'].includes(status);

/** Also those that are on their way to the name or away from it; what others share under that name is not ours. */
async function ownImages(client: OpenStackClient, name: string): Promise<readonly Image[]> {
  const { projectId } = await client.session();
  const query = { owner: projectId, [imageProperty]: name };
  return readAll(client, { service: 'image', path: '/images', query }, 'images', Image);
}

/** Returns the id of an active image that does not bear the name yet. */
async function sendImage(client: OpenStackClient, upload: ImageUpload): Promise<string> {
  const { name, path, recipe, visibility, report, signal } = upload;
  const stoppable = signal === undefined ? {} : { signal };
  const lengthBytes = (await stat(path)).size;
  const placeholder = `${name} (on its way)`;
  const body = describeImage({ name, placeholder, recipe, visibility, virtualSizeGiB: await virtualSizeGiB(path) });
  const made = await client.call({ service: 'image', method: 'POST', path: '/images', body, ...stoppable });
  const { id } = Image.parse(made.body);
  report(`sending ${Math.round(lengthBytes / 2 ** 20)} MiB`);
  const send = { open: () => createReadStream(path), lengthBytes };
  try {
    await client.call({ service: 'image', method: 'PUT', path: `/images/${id}/file`, upload: send, ...stoppable });
    report('waiting until the image is active');
    await waitUntil(
      `image ${name} becoming active`,
      () => readImage(client, id),
      ({ status }) => status === 'active',
      {
        timeoutMs: activationPatienceMs,
        ...stoppable,
      },
    );
  } catch (error) {
    // The reason for the failure matters more than one for what it leaves, which the next upload removes.
    await removeImage(client, id).catch(() => undefined);
    throw error;
  }
  return id;
}

async function readImage(client: OpenStackClient, id: string): Promise<Image> {
  return Image.parse((await client.call({ service: 'image', method: 'GET', path: `/images/${id}` })).body);
}

async function retire(client: OpenStackClient, name: string, image: Image): Promise<void> {
  if (image.visibility === 'private' && !(await hasServers(client, image.id))) {
    // RBD keeps what volumes are cloned from: Glance then says that the image is in use.
    const removed = await removeImage(client, image.id).then(
      () => true,
      (error: unknown) => {
        if (asRefusal(error)?.code === 'CONFLICT') return false;
        throw error;
      },
    );
    if (removed) return;
  }
  const aside = `${name} (replaced, ${image[recipeProperty]?.slice(0, 12) ?? image.id})`;
  if (image.name !== aside) await rename(client, image.id, aside);
}

async function hasServers(client: OpenStackClient, image: string): Promise<boolean> {
  const servers = await readAll(
    client,
    { service: 'compute', path: '/servers', query: { image } },
    'servers',
    z.unknown(),
  );
  return servers.length > 0;
}

async function rename(client: OpenStackClient, id: string, name: string): Promise<void> {
  const headers = { 'content-type': 'application/openstack-images-v2.1-json-patch' };
  const body = [{ op: 'replace', path: '/name', value: name }];
  await client.call({ service: 'image', method: 'PATCH', path: `/images/${id}`, headers, body });
}

/** One that is gone is fine. */
async function removeImage(client: OpenStackClient, id: string): Promise<void> {
  await client.call({ service: 'image', method: 'DELETE', path: `/images/${id}` }).catch((error: unknown) => {
    if (asRefusal(error)?.code !== 'NOT_FOUND') throw error;
  });
}
