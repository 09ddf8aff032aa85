/**
 * The node image as a disk for Nova: `disk.qcow2`, built once a recipe and kept beside the local cloud's builds.
 * Needs no Incus, but what build.sh calls: these packages are installed where they are missing.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from '../host/lock.ts';
import { type HostPackage, hostPackages, installPackages } from '../host/packages.ts';
import { buildImage, buildPatienceMs } from './build-image.ts';
import type { ImageOptions } from './ensure-image.ts';
import { recipeDigest } from './recipe.ts';

export type DiskImageOptions = Omit<ImageOptions, 'socketPath' | 'alias'>;

export type DiskImage = {
  /** A qcow2 file. */
  readonly path: string;
  /** The digest of all that it is made from. */
  readonly recipe: string;
  readonly changed: boolean;
};

const packages: readonly HostPackage[] = [
  ...hostPackages.filter(({ name }) => ['mmdebstrap', 'debian-archive-keyring'].includes(name)),
  { name: 'e2fsprogs', provides: '/usr/sbin/mke2fs', because: "makes the disk image's file system" },
  { name: 'qemu-utils', provides: '/usr/bin/qemu-img', because: 'packs the disk image' },
];

/** Three minutes where there is none of today's recipe, or with `force`. @throws Refusal DISK_FULL, TOOL_MISSING, BUSY */
export async function buildDiskImage(options: DiskImageOptions): Promise<DiskImage> {
  const { imagesDirectory, recipeDirectory, agentsDirectory, force, report } = options;
  await mkdir(imagesDirectory, { recursive: true, mode: 0o700 });
  return withLock(imagesDirectory, buildPatienceMs, async () => {
    const recipe = await recipeDigest([recipeDirectory, agentsDirectory]);
    const outDirectory = join(imagesDirectory, `${recipe}${suffix}`);
    const path = join(outDirectory, 'disk.qcow2');
    if (force) await rm(outDirectory, { recursive: true, force: true });
    if (existsSync(path)) return { path, recipe, changed: false };
    await installPackages(
      packages.filter(({ provides }) => !existsSync(provides)),
      report,
    );
    const script = join(recipeDirectory, 'build.sh');
    await buildImage({ script, format: 'qcow2', agentsDirectory, outDirectory, recipe, report });
    await forgetOthers(imagesDirectory, recipe);
    return { path, recipe, changed: true };
  });
}

const suffix = '.disk';

async function forgetOthers(imagesDirectory: string, keep: string): Promise<void> {
  const others = (await readdir(imagesDirectory)).filter(
    (name) => /^[0-9a-f]{64}\.disk$/.test(name) && name !== `${keep}${suffix}`,
  );
  for (const name of others) await rm(join(imagesDirectory, name), { recursive: true, force: true });
}
