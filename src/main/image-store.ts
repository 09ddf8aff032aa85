/** The node image for other clouds than the local one: built on this machine, then sent to Glance. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ImageStore } from '../commands/context.ts';

const recipeDirectory = fileURLToPath(new URL('../../images', import.meta.url));

export function imageStore(stateDirectory: string): ImageStore {
  return {
    build: async (report) => {
      const { buildDiskImage } = await import('../clouds/local/image/build-disk-image.ts');
      const { bundleAgents } = await import('./bundle-agents.ts');
      const agentsDirectory = await bundleAgents(stateDirectory);
      const imagesDirectory = join(stateDirectory, 'images');
      return buildDiskImage({ imagesDirectory, recipeDirectory, agentsDirectory, force: false, report });
    },
    open: async (cloud) => {
      const { createOpenStackClient } = await import('../clouds/openstack/client/index.ts');
      const { readCloudConfig } = await import('../clouds/openstack/config/index.ts');
      const { uploadImage } = await import('../clouds/openstack/image/upload.ts');
      const { defaultImage } = await import('../artefacts/heat/index.ts');
      const { credentials } = await readCloudConfig(cloud, process.env);
      const client = createOpenStackClient(credentials);
      return ({ path, recipe }, { shared, signal, report }) => {
        const visibility = shared ? 'public' : 'private';
        return uploadImage(client, { name: defaultImage, path, recipe, visibility, report, signal });
      };
    },
  };
}
