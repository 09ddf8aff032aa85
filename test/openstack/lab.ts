/** The bed as an ordinary user of a cloud has it: an entry `lab` in clouds.yaml and a project of one's own, for `quorate` itself. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { createOpenStackClient } from '../../src/clouds/openstack/client/index.ts';
import { readAll } from '../../src/clouds/openstack/read.ts';
import type { Instant } from '../e2e/harness/killed.ts';
import { everythingOf } from './audit.ts';
import { ensureBed, makeTestProject } from './bed.ts';
import { clusterOf } from './deployment.ts';

export type Lab = {
  /** All that the project holds, by kind and name. */
  inventory(): Promise<readonly string[]>;
  /** In a directory of its own; returns the path. */
  write(name: string, text: string): string;
  remove(): Promise<void>;
};

/** A deployment for zone `fake`. */
export const labText = (name: string, nodes: number): string => `apiVersion: quorate/v1
name: ${name}
cloud: lab
image: tiny
${clusterOf(nodes)}
storage: [{ name: data, sizeGiB: 1, mount: /srv/data }]
`;

/** Of `apply` in zone `fake`, where no guest runs: every part of the deployment is there, and no member will answer. */
export const allMade: Instant = { after: /waiting for a member/, plusMs: 0 };

/** Every `quorate` that is started from here on knows the cloud `lab`. @param zone of its servers */
export async function openLab(name: string, zone: 'fake' | 'real'): Promise<Lab> {
  const admin = await ensureBed();
  const operator = createOpenStackClient(admin);
  const project = await makeTestProject(admin, name);
  const { auth, authUrl, region } = project.credentials;
  if (auth.method !== 'password') throw new Error('the user of a test project has a password');
  const { userName, projectName, projectDomainId } = await project.client.session();
  const lab = {
    auth: {
      auth_url: authUrl,
      username: userName,
      user_domain_id: projectDomainId,
      password: auth.password,
      project_name: projectName,
      project_domain_id: projectDomainId,
    },
    region_name: region,
    quorate: { external_network: 'public', availability_zone: zone },
  };
  const directory = mkdtempSync(join(tmpdir(), 'quorate-lab-'));
  const write = (file: string, text: string): string => {
    writeFileSync(join(directory, file), text, { mode: 0o600 });
    return join(directory, file);
  };
  process.env['OS_CLIENT_CONFIG_FILE'] = write('clouds.yaml', stringify({ clouds: { lab } }));
  return {
    inventory: () => everythingOf(operator, project),
    write,
    remove: async () => {
      rmSync(directory, { recursive: true });
      const owned = { service: 'image', path: '/images', query: { owner: project.id } } as const;
      for (const { id } of await readAll(project.client, owned, 'images', z.object({ id: z.string() })))
        await project.client.call({ service: 'image', method: 'DELETE', path: `/images/${id}` });
      await project.remove();
    },
  };
}
