/**
 * What Glance is told of the node image, so that Nova gives a guest the right hardware.
 * Source: Glance's "Useful image properties"; nova/compute/manager.py `_get_power_off_values`.
 */
import { open } from 'node:fs/promises';
import { invariant } from '../../../kernel/invariant.ts';

/** The image's name for the person's eye is its `name`; these two are how Quorate finds its own again. */
export const imageProperty = 'quorate_image';
export const recipeProperty = 'quorate_recipe';

const properties: Readonly<Record<string, string>> = {
  architecture: 'x86_64',
  os_type: 'linux',
  os_distro: 'debian',
  os_version: '13',
  // The boot loader is for BIOS only, and the initramfs knows virtio's disks only.
  hw_firmware_type: 'bios',
  hw_disk_bus: 'virtio',
  hw_vif_model: 'virtio',
  hw_rng_model: 'virtio',
  // Fencing stops a server by Nova's stop, which otherwise asks a hung guest for 60 s to shut down; with 0 libvirt cuts the
  // power at once. A person's own `server stop` cuts it too: what runs on a node expects to lose it at any moment.
  os_shutdown_timeout: '0',
};

/** Of a member with all its daemons; measured on the local cloud: 270-380 MiB, and a guest has a kernel of its own. */
const minRamMiB = 512;

/** The body of `POST /images`. */
export function describeImage(image: {
  readonly name: string;
  readonly placeholder: string;
  readonly recipe: string;
  readonly visibility: string;
  readonly virtualSizeGiB: number;
}): Readonly<Record<string, unknown>> {
  return {
    ...properties,
    name: image.placeholder,
    disk_format: 'qcow2',
    container_format: 'bare',
    visibility: image.visibility,
    min_disk: image.virtualSizeGiB,
    min_ram: minRamMiB,
    [imageProperty]: image.name,
    [recipeProperty]: image.recipe,
  };
}

/** Of the disk that a qcow2 file holds, rounded up; from its header (QEMU, docs/interop/qcow2.txt). */
export async function virtualSizeGiB(path: string): Promise<number> {
  const file = await open(path);
  try {
    const header = Buffer.alloc(32);
    await file.read(header, 0, header.length, 0);
    invariant(header.readUInt32BE(0) === 0x514649fb, `${path} is a qcow2 file`);
    return Math.ceil(Number(header.readBigUInt64BE(24)) / 2 ** 30);
  } finally {
    await file.close();
  }
}
