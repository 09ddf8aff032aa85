/**
 * A cloud of a few servers for faults that no real Nova produces on demand: a compute host that is dead, a cell that
 * does not answer, an API that hangs. Speaks HTTP, so that the agents run as they are; what it does otherwise is what
 * the tests of test/openstack see a real Nova do.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { OpenStackAccess } from '../cloud-access.ts';

export type FakeServer = {
  id: string;
  name: string;
  status: string;
  'OS-EXT-STS:task_state': string | null;
  'OS-EXT-STS:power_state': number;
  hostId: string;
  metadata: Record<string, string>;
  'os-extended-volumes:volumes_attached': { id: string }[];
};

export type FakeNova = {
  readonly access: OpenStackAccess;
  readonly servers: FakeServer[];
  /** What was asked, `POST /servers/app-2/action os-stop`. */
  readonly asked: string[];
  /** Names of servers whose compute host is dead: Nova accepts and nothing happens. */
  readonly dead: Set<string>;
  hangs: boolean;
  readonly close: () => Promise<void>;
};

export const fakeServer = (name: string, more: Partial<FakeServer> = {}): FakeServer => ({
  id: name,
  name,
  status: 'ACTIVE',
  'OS-EXT-STS:task_state': null,
  'OS-EXT-STS:power_state': 1,
  hostId: 'host',
  metadata: { 'quorate:deployment': 'web' },
  'os-extended-volumes:volumes_attached': [],
  ...more,
});

type Answer = { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> };

export async function startFakeNova(...servers: FakeServer[]): Promise<FakeNova> {
  const fake = { servers, asked: [] as string[], dead: new Set<string>(), hangs: false };
  const http = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      if (fake.hangs) return;
      const body = text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>);
      const answer = answerTo(fake, `${request.method} ${request.url?.replace(/^\/v2\.1/, '')}`, body, url);
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
      response.end(answer.body === undefined ? '' : JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const auth = { method: 'application-credential', credential: { id: 'node' }, secret: 'not-a-secret' } as const;
  return Object.assign(fake, {
    access: {
      kind: 'openstack',
      deployment: 'web',
      credentials: { authUrl: `${url}/v3`, auth, interface: 'public', verify: true },
    } as const,
    close: () => {
      http.closeAllConnections();
      return new Promise<void>((resolve) => void http.close(() => resolve()));
    },
  });
}

function answerTo(
  fake: Pick<FakeNova, 'servers' | 'asked' | 'dead'>,
  asked: string,
  body: Readonly<Record<string, unknown>> | undefined,
  url: string,
): Answer {
  if (asked === 'POST /v3/auth/tokens') return token(url);
  fake.asked.push(asked.endsWith('/action') ? `${asked} ${Object.keys(body ?? {}).join()}` : asked);
  if (asked === 'GET /servers/detail') return { status: 200, body: { servers: fake.servers } };
  const [, id, part, last] = /^\S+ \/servers\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(asked) ?? [];
  const server = fake.servers.find((candidate) => candidate.id === id);
  if (server === undefined) return { status: 404, body: { itemNotFound: { message: 'not found' } } };
  const volumes = server['os-extended-volumes:volumes_attached'];
  switch (part) {
    case undefined:
      return { status: 200, body: { server } };
    case 'action':
      return act(fake, server, Object.keys(body ?? {})[0] ?? '');
    case 'metadata':
      if (last === undefined) Object.assign(server.metadata, body?.['metadata']);
      else delete server.metadata[last];
      return { status: 200, body: {} };
    case 'os-volume_attachments':
      if (last === undefined)
        volumes.push({ id: (body as { volumeAttachment: { volumeId: string } }).volumeAttachment.volumeId });
      else server['os-extended-volumes:volumes_attached'] = volumes.filter((volume) => volume.id !== last);
      return { status: 202, body: {} };
    default:
      return { status: 400 };
  }
}

/** From where each action is accepted (nova/compute/api.py), and what it leads to. */
const ACTIONS: Readonly<Record<string, { from: readonly string[]; to: string; power: number; task: string }>> = {
  'os-stop': { from: ['ACTIVE', 'ERROR'], to: 'SHUTOFF', power: 4, task: 'powering-off' },
  'os-start': { from: ['SHUTOFF'], to: 'ACTIVE', power: 1, task: 'powering-on' },
  reboot: {
    from: ['ACTIVE', 'SHUTOFF', 'PAUSED', 'SUSPENDED', 'ERROR'],
    to: 'ACTIVE',
    power: 1,
    task: 'rebooting_hard',
  },
};

function act({ dead }: Pick<FakeNova, 'dead'>, server: FakeServer, name: string): Answer {
  const action = ACTIONS[name];
  if (action === undefined || !action.from.includes(server.status) || server['OS-EXT-STS:task_state'] !== null)
    return { status: 409, body: { conflictingRequest: { message: `cannot ${name} while it is ${server.status}` } } };
  if (dead.has(server.name)) server['OS-EXT-STS:task_state'] = action.task;
  else Object.assign(server, { status: action.to, 'OS-EXT-STS:power_state': action.power });
  return { status: 202 };
}

const token = (url: string): Answer => ({
  status: 201,
  headers: { 'x-subject-token': 'token' },
  body: {
    token: {
      expires_at: new Date(Date.now() + 3_600_000).toISOString(),
      issued_at: new Date().toISOString(),
      project: { id: 'project', name: 'project', domain: { id: 'default' } },
      user: { id: 'user', name: 'user', domain: { id: 'default' } },
      catalog: [{ type: 'compute', endpoints: [{ interface: 'public', region: 'here', url: `${url}/v2.1` }] }],
    },
  },
});
