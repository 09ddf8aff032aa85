/**
 * The last resort, when `quorate delete` could not: takes a deployment out of Incus, one thing after the other,
 * so that the next scenario has a clean host. Leaves everything without the deployment's name alone.
 */
import { changeIncus, instancesOf, projectOf, readIncus } from './incus.ts';
import { bridgePrefix } from './snapshot.ts';

type Named = { readonly name: string };

export async function purge(deployment: string): Promise<void> {
  const project = projectOf(deployment);
  const query = `?project=${project}`;
  for (const { name } of await instancesOf(deployment)) {
    await changeIncus('PUT', `/1.0/instances/${name}/state${query}`, {
      action: 'stop',
      force: true,
      timeout: 30,
    }).catch(() => undefined);
    await changeIncus('DELETE', `/1.0/instances/${name}${query}`);
  }
  for (const pool of (await readIncus<Named[]>('/1.0/storage-pools?recursion=1')) ?? []) {
    const volumes = await readIncus<Named[]>(`/1.0/storage-pools/${pool.name}/volumes/custom${query}&recursion=1`);
    for (const { name } of volumes ?? [])
      await changeIncus('DELETE', `/1.0/storage-pools/${pool.name}/volumes/custom/${name}${query}`);
  }
  for (const { name } of (await readIncus<Named[]>('/1.0/networks?recursion=1')) ?? []) {
    if (name.startsWith(bridgePrefix(deployment))) await changeIncus('DELETE', `/1.0/networks/${name}`);
  }
  for (const image of (await readIncus<{ fingerprint: string }[]>(`/1.0/images${query}&recursion=1`)) ?? []) {
    await changeIncus('DELETE', `/1.0/images/${image.fingerprint}${query}`);
  }
  for (const certificate of (await readIncus<(Named & { fingerprint: string })[]>('/1.0/certificates?recursion=1')) ??
    []) {
    if (certificate.name === project) await changeIncus('DELETE', `/1.0/certificates/${certificate.fingerprint}`);
  }
  await changeIncus('DELETE', `/1.0/projects/${project}`);
}
