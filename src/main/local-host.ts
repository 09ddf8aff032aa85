/** The machine under the local cloud, as commands use it. What is heavy is loaded when it is needed. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ImageOptions } from '../clouds/local/image/ensure-image.ts';
import type { HostNeed, LocalHost, Report } from '../commands/context.ts';

const recipeDirectory = fileURLToPath(new URL('../../images', import.meta.url));

export function localHost(stateDirectory: string): LocalHost {
  return {
    inspect: async () => {
      const { inspectHost } = await import('../clouds/local/host/inspect-host.ts');
      return inspectHost(stateDirectory);
    },
    missing: () => missing(stateDirectory),
    ensure: async (report) => {
      const { ensureHost } = await import('../clouds/local/host/ensure-host.ts');
      return ensureHost(stateDirectory, report);
    },
    ensureImage: async (report, { force }) => {
      const { ensureHost } = await import('../clouds/local/host/ensure-host.ts');
      const { ensureImage } = await import('../clouds/local/image/ensure-image.ts');
      const { socketPath, settings } = await ensureHost(stateDirectory, report);
      return ensureImage(await imageOptions(stateDirectory, { socketPath, alias: settings.imageAlias, force, report }));
    },
    cibComplaints: async ({ pacemakerSchema }, cib) => {
      const { cibComplaints } = await import('../clouds/local/image/cib-schema.ts');
      return cibComplaints(pacemakerSchema, cib);
    },
    remove: async (report) => {
      const { removeHost } = await import('../clouds/local/host/remove-host.ts');
      await removeHost(stateDirectory, report);
      const { agentsDirectoryOf } = await import('./bundle-agents.ts');
      await rm(agentsDirectoryOf(stateDirectory), { recursive: true, force: true });
    },
  };
}

async function missing(stateDirectory: string): Promise<readonly HostNeed[]> {
  const { findHost } = await import('../clouds/local/host/ensure-host.ts');
  const { findImage } = await import('../clouds/local/image/ensure-image.ts');
  const image = (because: string): HostNeed => ({
    part: 'image',
    what: 'build the image that nodes boot from',
    because,
  });
  const host = await findHost(stateDirectory);
  if (host === undefined) return [await missingHost(), image('there is none yet, or it cannot be looked at')];
  const { socketPath, settings } = host;
  const options = { socketPath, alias: settings.imageAlias, force: false, report: () => undefined };
  const found = await findImage(await imageOptions(stateDirectory, options));
  return found === undefined ? [image('there is none of the present recipe')] : [];
}

async function missingHost(): Promise<HostNeed> {
  const { missingPackages } = await import('../clouds/local/host/packages.ts');
  const packages = missingPackages().map(({ name }) => name);
  if (packages.length === 0) return { part: 'host', what: "start Quorate's own Incus", because: 'it does not run' };
  return {
    part: 'host',
    what: `install ${packages.join(', ')}, and start an Incus of Quorate's own`,
    because: 'this machine does not have them',
  };
}

async function imageOptions(
  stateDirectory: string,
  given: { readonly socketPath: string; readonly alias: string; readonly force: boolean; readonly report: Report },
): Promise<ImageOptions> {
  const { bundleAgents } = await import('./bundle-agents.ts');
  const agentsDirectory = await bundleAgents(stateDirectory);
  return { ...given, imagesDirectory: join(stateDirectory, 'images'), recipeDirectory, agentsDirectory };
}
