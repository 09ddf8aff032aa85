/**
 * The node image in our Incus: built once, reused, built anew when its recipe has changed. The image in
 * Incus carries its recipe's digest, so a second run costs one API call.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { withLock } from '../host/lock.ts';
import { apiPath, createIncusClient, type IncusClient } from '../incus/client.ts';
import { uploadToIncus } from '../incus/upload.ts';
import { buildImage, buildPatienceMs } from './build-image.ts';
import { recipeDigest } from './recipe.ts';

export type ImageOptions = {
  readonly socketPath: string;
  readonly imagesDirectory: string;
  /** The repository's `images/`. */
  readonly recipeDirectory: string;
  /** Where the agents' bundle lies; built by the caller. */
  readonly agentsDirectory: string;
  readonly alias: string;
  readonly force: boolean;
  readonly report: (activity: string) => void;
};

export type NodeImage = {
  readonly alias: string;
  readonly fingerprint: string;
  /** Directory of its Pacemaker's RelaxNG; gone when somebody emptied `imagesDirectory`. */
  readonly pacemakerSchema: string;
  readonly changed: boolean;
};

const recipeProperty = 'quorate.recipe';

const ImageInfo = z.object({
  fingerprint: z.string(),
  properties: z.record(z.string(), z.string()).nullish(),
  aliases: z.array(z.object({ name: z.string() })).nullish(),
});
type ImageInfo = z.output<typeof ImageInfo>;

/** The image of today's recipe when Incus has it. */
export async function findImage(options: ImageOptions): Promise<NodeImage | undefined> {
  const recipe = await recipeDigest([options.recipeDirectory, options.agentsDirectory]);
  const found = await imageOf(createIncusClient({ socketPath: options.socketPath }), options.alias);
  if (found?.properties?.[recipeProperty] !== recipe) return undefined;
  const pacemakerSchema = schemaDirectoryOf(options, recipe);
  return { alias: options.alias, fingerprint: found.fingerprint, pacemakerSchema, changed: false };
}

/** @throws Refusal DISK_FULL, TOOL_MISSING, CLOUD_UNREACHABLE */
export async function ensureImage(options: ImageOptions): Promise<NodeImage> {
  const found = options.force ? undefined : await findImage(options);
  if (found !== undefined) return found;
  await mkdir(options.imagesDirectory, { recursive: true, mode: 0o700 });
  return withLock(options.imagesDirectory, buildPatienceMs, async () => {
    // Another one may have built it while this one waited.
    const meanwhile = options.force ? undefined : await findImage(options);
    return meanwhile ?? makeImage(options);
  });
}

async function makeImage(options: ImageOptions): Promise<NodeImage> {
  const { alias, imagesDirectory, report } = options;
  const recipe = await recipeDigest([options.recipeDirectory, options.agentsDirectory]);
  const built = join(imagesDirectory, recipe);
  if (options.force) await rm(built, { recursive: true, force: true });
  if (!(await exists(join(built, 'rootfs.squashfs')))) {
    const script = join(options.recipeDirectory, 'build.sh');
    const { agentsDirectory } = options;
    await buildImage({ script, format: 'incus', agentsDirectory, outDirectory: built, recipe, report });
  }
  report('importing the node image');
  const client = createIncusClient({ socketPath: options.socketPath });
  const fingerprint = await importImage(client, built);
  await moveAlias(client, alias, fingerprint);
  await forgetOthers(client, fingerprint);
  await forgetBuilds(imagesDirectory, recipe);
  return { alias, fingerprint, pacemakerSchema: schemaDirectoryOf(options, recipe), changed: true };
}

/** As build.sh names it. */
const schemaDirectoryOf = ({ imagesDirectory }: ImageOptions, recipe: string): string =>
  join(imagesDirectory, recipe, 'pacemaker-schema');

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

async function imageOf(client: IncusClient, alias: string): Promise<ImageInfo | undefined> {
  const found = await client.find(apiPath(['images', 'aliases', alias]), z.object({ target: z.string() }));
  return found === undefined ? undefined : client.find(apiPath(['images', found.target]), ImageInfo);
}

/** Returns the fingerprint; an image that Incus has already is fine. */
async function importImage(client: IncusClient, directory: string): Promise<string> {
  const parts = ['metadata.tar.gz', 'rootfs.squashfs'].map((name) => join(directory, name));
  const fingerprint = await fingerprintOf(parts);
  if ((await client.find(apiPath(['images', fingerprint]), ImageInfo)) !== undefined) return fingerprint;
  await uploadToIncus(client, '/1.0/images', [
    { field: 'metadata', file: parts[0] ?? '' },
    { field: 'rootfs', file: parts[1] ?? '' },
  ]);
  return fingerprint;
}

/** Of a split image: SHA-256 over the metadata followed by the root file system. */
async function fingerprintOf(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function moveAlias(client: IncusClient, name: string, target: string): Promise<void> {
  const path = apiPath(['images', 'aliases', name]);
  const found = await client.find(path, z.object({ target: z.string() }));
  if (found === undefined) await client.change('POST', apiPath(['images', 'aliases']), { body: { name, target } });
  else if (found.target !== target) await client.change('PATCH', path, { body: { target } });
}

/** Nodes do not need the image they were cloned from. */
async function forgetOthers(client: IncusClient, keep: string): Promise<void> {
  for (const { fingerprint, properties } of await client.list('/1.0/images', ImageInfo))
    if (fingerprint !== keep && properties?.[recipeProperty] !== undefined)
      await client.remove(apiPath(['images', fingerprint]));
}

async function forgetBuilds(imagesDirectory: string, keep: string): Promise<void> {
  const builds = (await readdir(imagesDirectory)).filter(
    (name) => /^[0-9a-f]{64}$/.test(name) && name !== basename(keep),
  );
  for (const name of builds) await rm(join(imagesDirectory, name), { recursive: true, force: true });
}
