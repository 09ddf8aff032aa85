/**
 * A node's certificate opens its own deployment's project and nothing else. Each attempt below works for an
 * administrator; with the certificate it is refused, and afterwards everything outside is as it was.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { apiPath, createIncusClient, type IncusClient } from '../../src/clouds/local/incus/client.ts';
import { callIncus, type IncusRequest } from '../../src/clouds/local/incus/transport.ts';
import { bridgeName } from '../../src/clouds/local/names.ts';
import { makeNodeCertificate } from '../../src/engine/secrets/certificate.ts';
import { asRefusal } from '../../src/kernel/refusal.ts';
import { eventually } from '../e2e/harness/eventually.ts';
import { type AgentNodes, bootAgentNodes } from './agents-kit.ts';
import { foreignName, fromWithin, OTHER, onForeign, onServer, shownToAll } from './confinement-attempts.ts';
import { obtainLocalIncus } from './local-incus.ts';

let deployment: AgentNodes;
let admin: IncusClient;

beforeAll(async () => {
  deployment = await bootAgentNodes('confined');
  admin = deployment.client;
  await removeForeign();
  const { settings } = await obtainLocalIncus();
  await admin.change('POST', '/1.0/projects', { body: { name: OTHER, config: { 'features.images': 'false' } } });
  for (const project of [OTHER, 'default']) {
    const root = { type: 'disk', path: '/', pool: settings.pool };
    const source = { type: 'image', alias: settings.imageAlias };
    const body = {
      name: foreignName(project),
      type: 'container',
      start: true,
      profiles: [],
      source,
      devices: { root },
    };
    await admin.change('POST', '/1.0/instances', { query: { project }, body });
    // One that fails to boot stops by itself, and would look as if an attempt had stopped it.
    await eventually(`the instance in ${project} has booted`, 30_000, () => stateOf(project), booted);
  }
  const volumes = apiPath(['storage-pools', settings.pool, 'volumes', 'custom']);
  await admin.change('POST', volumes, { query: { project: OTHER }, body: { name: 'data', type: 'custom' } });
});

afterAll(async () => {
  await removeForeign();
  await deployment?.remove();
});

const ForeignState = z.object({ status: z.string(), pid: z.number(), processes: z.number() });

const stateOf = (project: string) =>
  admin.get(apiPath(['instances', foreignName(project), 'state'], { project }), ForeignState);

const booted = ({ status, processes }: z.output<typeof ForeignState>) => status === 'Running' && processes >= 5;

async function removeForeign(): Promise<void> {
  const { settings, socketPath } = await obtainLocalIncus();
  const client = createIncusClient({ socketPath });
  for (const project of [OTHER, 'default']) {
    const path = apiPath(['instances', foreignName(project)]);
    if ((await client.find(path, z.unknown(), { project })) === undefined) continue;
    await client
      .change('PUT', `${path}/state`, { query: { project }, body: { action: 'stop', force: true } })
      .catch(() => undefined);
    await client.remove(path, { project });
  }
  await client.remove(apiPath(['storage-pools', settings.pool, 'volumes', 'custom', 'data']), { project: OTHER });
  await client.remove(apiPath(['projects', OTHER]));
}

/** The HTTP status of the refusal, or what was allowed. Incus 6.0 answers some of them with 500 and its reason. */
async function attempt(request: IncusRequest): Promise<number | string> {
  try {
    const answer = await callIncus(deployment.credential, request);
    return `allowed: ${JSON.stringify(answer.metadata)}`;
  } catch (error) {
    const statusCode = asRefusal(error)?.data['statusCode'];
    if (typeof statusCode !== 'number') throw error;
    return statusCode;
  }
}

const REFUSED = [403, 404];
/** Incus 6.0 says so to a listing, and to a change that a project's restrictions forbid. */
const REFUSED_WITH_REASON = 500;

const Named = z.object({
  name: z.string(),
  description: z.string().optional(),
  config: z.unknown().optional(),
  managed: z.boolean().optional(),
  restricted: z.boolean().optional(),
  projects: z.unknown().optional(),
});

/** What an attempt could have made, changed or removed, as an administrator sees it. */
async function outside(): Promise<unknown> {
  const server = await admin.get('/1.0', z.object({ config: z.unknown() }));
  const kinds = [
    'projects?',
    'networks?',
    'network-acls?',
    'storage-pools?',
    'certificates?',
    'profiles?all-projects=true&',
    `storage-pools/${deployment.pool}/volumes?project=${OTHER}&`,
  ];
  const lists = kinds.map(async (kind) => {
    const records = await admin.get(`/1.0/${kind}recursion=1`, z.array(Named));
    // Incus lists the host's own interfaces too: they come and go with anything else on this host.
    return records.filter(({ managed }) => managed !== false);
  });
  const instances = [OTHER, 'default'].map(async (project) => {
    const path = apiPath(['instances', foreignName(project)], { project });
    const { config } = await admin.get(path, z.object({ config: z.record(z.string(), z.string()) }));
    // The first process tells a restart from no stop at all.
    const { status, pid } = await stateOf(project);
    return { project, status, pid, config };
  });
  return { server: server.config, lists: await Promise.all(lists), instances: await Promise.all(instances) };
}

const context = () => ({ pool: deployment.pool, own: deployment.project, bridge: bridgeName('confined', 'services') });

describe("a node's certificate", () => {
  it('opens its own project', async () => {
    const own = await attempt({ method: 'GET', path: `/1.0/instances?project=${deployment.project}` });
    expect(own).toContain('app-1');
  });

  it('sees nothing of other projects when it asks for all of them', async () => {
    const all = await attempt({ method: 'GET', path: '/1.0/instances?all-projects=true' });
    expect(all).toContain('app-1');
    expect(all).not.toContain(OTHER);
    expect(all).not.toContain('project=default');
    expect(await attempt({ method: 'GET', path: '/1.0/projects' })).toBe(
      `allowed: ["/1.0/projects/${deployment.project}"]`,
    );
  });

  it('is refused everything outside its project, and changes nothing there', async () => {
    const before = await outside();
    const answers: Record<string, number | string> = {};
    for (const [what, request] of [...onForeign, ...onServer]) answers[what] = await attempt(request(context()));
    const certificate = await makeNodeCertificate('intruder');
    const trust = {
      name: 'intruder',
      type: 'client',
      certificate: certificate.certificate.replace(/-----[A-Z ]+-----|\n/g, ''),
    };
    answers['have a further certificate trusted'] = await attempt({
      method: 'POST',
      path: '/1.0/certificates',
      body: trust,
    });
    const refused = (what: string) => (what.startsWith('list ') ? [...REFUSED, REFUSED_WITH_REASON] : REFUSED);
    expect(Object.entries(answers).filter(([what, answer]) => !refused(what).includes(answer as number))).toEqual([]);
    expect(await outside()).toEqual(before);
  });

  it('cannot lead its own instances out of the project', async () => {
    const before = await deployment.instance('app-1');
    for (const [what, request] of fromWithin) {
      const answer = await attempt(request(context()));
      expect({ what, refused: [...REFUSED, REFUSED_WITH_REASON].includes(answer as number), answer }).toMatchObject({
        what,
        refused: true,
      });
    }
    expect(await deployment.instance('app-1')).toEqual(before);
  });

  it('is shown no secret by what Incus shows to everyone it trusts', async () => {
    for (const [what, request] of shownToAll) {
      const answer = await attempt(request(context()));
      expect({ what, secret: /PRIVATE KEY|cloud-init|authkey/.test(String(answer)) }).toEqual({ what, secret: false });
    }
  });

  it('can leave a packet filter that nothing uses, by a gap of Incus 6.0, and do nothing with it', async () => {
    const path = `/1.0/network-acls/quorate-gap?project=${deployment.project}`;
    try {
      await attempt({
        method: 'POST',
        path: `/1.0/network-acls?project=${deployment.project}`,
        body: { name: 'quorate-gap' },
      });
      for (const method of ['PUT', 'DELETE'] as const)
        expect(REFUSED).toContain(await attempt({ method, path, body: {} }));
      const nic = { type: 'nic', name: 'eth1', network: context().bridge, 'security.acls': 'quorate-gap' };
      const body = { devices: { eth1: nic } };
      expect([...REFUSED, REFUSED_WITH_REASON]).toContain(
        await attempt({ method: 'PATCH', path: `/1.0/instances/app-1?project=${deployment.project}`, body }),
      );
    } finally {
      await admin.remove('/1.0/network-acls/quorate-gap');
    }
  });

  it('does nothing at all once it is withdrawn', async () => {
    // It did work until now: else the node's network, not the certificate, might be why it does not.
    const monitor = () => deployment.sh('app-1', 'fence_quorate -o monitor');
    await eventually('app-1 reaches the API', 60_000, monitor, ({ exitCode }) => exitCode === 0);
    const fingerprints = await admin.get(
      '/1.0/certificates?recursion=1',
      z.array(z.object({ fingerprint: z.string(), name: z.string() })),
    );
    const own = fingerprints.find(({ name }) => name === deployment.project);
    await admin.remove(apiPath(['certificates', own?.fingerprint ?? '']));
    expect(await attempt({ method: 'GET', path: `/1.0/instances?project=${deployment.project}` })).toBe(403);
    const { exitCode } = await deployment.sh('app-1', 'fence_quorate -o off -n app-2 --power-timeout=3');
    expect(exitCode).toBe(1);
    expect((await deployment.instance('app-2')).status).toBe('Running');
  });
});
