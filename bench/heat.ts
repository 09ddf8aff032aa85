/**
 * Our part of the time that a deployment takes on OpenStack, beside what Heat itself takes for the same stacks, in one
 * run on the test bed's zone `fake`: servers are made by Nova and do not run, so nothing here waits for a guest.
 */
import { z } from 'zod';
import { createOpenStackClient, type OpenStackClient } from '../src/clouds/openstack/client/index.ts';
import { stackPath } from '../src/clouds/openstack/heat/stack.ts';
import { listStacks } from '../src/clouds/openstack/heat/stacks.ts';
import { createOpenStackCloud } from '../src/clouds/openstack/openstack-cloud.ts';
import { readAll } from '../src/clouds/openstack/read.ts';
import { ensureBed, liftComputeQuota, makeTestProject } from '../test/openstack/bed.ts';
import { clusterOf, fakeZone, makeAll, removed, secretsFor, topologyFor } from '../test/openstack/deployment.ts';
import type { Bench } from './bench.ts';
import { renderMs } from './numbers.ts';

const sizes = [2, 3, 16];
const storage = 'storage: [{ name: data, sizeGiB: 1, mount: /srv/data, attach: shared }]';

export async function benchHeat({ report, signal, atEnd }: Bench): Promise<void> {
  report.heading(
    'OpenStack',
    "tenant's credential, ground and tier made; Heat's part by the events of its stacks (1 s)",
  );
  report.progress('the test bed');
  const admin = await ensureBed();
  const project = await makeTestProject(admin, 'bench-heat');
  atEnd(project.remove);
  await liftComputeQuota(createOpenStackClient(admin), project);
  const cloud = createOpenStackCloud({ credentials: project.credentials, settings: fakeZone });
  for (const size of sizes) {
    signal.throwIfAborted();
    const name = `bench-${size}`;
    atEnd(async () => void (await removed(cloud, name)));
    await removed(cloud, name);
    const topology = topologyFor(name, `${clusterOf(size)}\n${storage}`);
    const secrets = await secretsFor(topology);
    report.progress(`${size} nodes`);
    const startedAt = performance.now();
    await makeAll(cloud, topology, secrets);
    const wholeMs = performance.now() - startedAt;
    const heatMs = await heatTime(project.client, name);
    const value = `${renderMs(wholeMs)}, of which Heat ${renderMs(heatMs)}, ours ${renderMs(wholeMs - heatMs)}`;
    report.add({ part: 'heat', what: `${size} nodes`, value, data: { size, wholeMs, heatMs } });
    await removed(cloud, name);
  }
}

const EventRecord = z.object({ event_time: z.string(), resource_name: z.string() });

/** From each stack's first word about itself to its last, summed: one is made after the other. */
async function heatTime(client: OpenStackClient, deployment: string): Promise<number> {
  const stacks = await listStacks(client, deployment);
  const times = stacks.map(async (stack) => {
    const call = { service: 'orchestration', path: `${stackPath(stack)}/events` } as const;
    const events = await readAll(client, call, 'events', EventRecord);
    const own = events.filter(({ resource_name }) => resource_name === stack.name);
    const at = own.map(({ event_time }) => Date.parse(event_time)).toSorted((one, other) => one - other);
    return (at.at(-1) ?? 0) - (at[0] ?? 0);
  });
  return (await Promise.all(times)).reduce((sum, each) => sum + each, 0);
}
