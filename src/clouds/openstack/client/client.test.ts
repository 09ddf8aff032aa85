import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asRefusal, type Refusal } from '../../../kernel/refusal.ts';
import { createOpenStackClient, type OpenStackCredentials } from './index.ts';

const PASSWORD = 'correct horse battery staple';
const quick = { attempts: 4, firstPauseMs: 1, longestPauseMs: 4 };

type Seen = {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
};
type Answer = (response: ServerResponse, seen: Seen) => void;

let server: Server;
let address: string;
let seen: Seen[];
let tokensIssued: number;
/** Answers to everything but sign-in, one a request; the last one stays. */
let answers: Answer[];
let signIn: Answer;

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
const hangUp: Answer = (response) => response.destroy();

const issueToken: Answer = (response) => {
  tokensIssued++;
  const endpoints = (path: string) => [
    { interface: 'public', region: 'north', url: `${address}${path}` },
    { interface: 'public', region: 'south', url: 'http://127.0.0.1:1' },
    { interface: 'internal', region: 'north', url: 'http://127.0.0.1:1' },
  ];
  const token = {
    methods: ['password'],
    issued_at: '2026-01-01T00:00:00Z',
    expires_at: '2026-01-01T01:00:00Z',
    user: { id: 'u1', name: 'ann', domain: { id: 'default' } },
    project: { id: 'p1', name: 'shop', domain: { id: 'default' } },
    roles: [{ name: 'member' }],
    catalog: [
      { type: 'compute', endpoints: endpoints('/compute/v2.1') },
      { type: 'network', endpoints: endpoints('/network/') },
      { type: 'block-storage', endpoints: endpoints('/volume/v3/p1') },
      { type: 'orchestration', endpoints: endpoints('/heat/v1/p1') },
      { type: 'identity', endpoints: endpoints('') },
    ],
  };
  json(201, { token }, { 'x-subject-token': `token-${tokensIssued}` })(response, seen[0] as Seen);
};

beforeEach(async () => {
  seen = [];
  answers = [json(200, {})];
  tokensIssued = 0;
  signIn = issueToken;
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const one = { method, url, headers, body: Buffer.concat(chunks).toString() };
      if (url === '/v3/auth/tokens') return signIn(response, one);
      seen.push(one);
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      answer?.(response, one);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const credentials = (): OpenStackCredentials => ({
  authUrl: address,
  auth: {
    method: 'password',
    user: { name: 'ann', domain: { id: 'default' } },
    password: PASSWORD,
    project: { name: 'shop', domain: { id: 'default' } },
  },
  region: 'north',
  interface: 'public',
  verify: true,
});
const client = (options = {}) => createOpenStackClient(credentials(), { pace: quick, ...options });
const refused = async (work: Promise<unknown>): Promise<Refusal> => {
  const refusal = await work.then(
    () => undefined,
    (error: unknown) => asRefusal(error),
  );
  if (refusal === undefined) throw new Error('it was not refused');
  return refusal;
};

describe('a call', () => {
  it('goes below the versioned root of the chosen region, however the catalog writes it', async () => {
    const cloud = client();
    await cloud.call({
      service: 'compute',
      method: 'GET',
      path: '/servers',
      query: { name: 'a b' },
      microversion: '2.79',
    });
    await cloud.call({ service: 'network', method: 'GET', path: '/ports', query: { id: ['1', '2'] } });
    await cloud.call({
      service: 'volumev3',
      method: 'POST',
      path: '/volumes',
      body: { volume: { size: 1 } },
      microversion: '3.50',
    });
    await cloud.call({ service: 'orchestration', method: 'GET', path: '/stacks' });
    await cloud.call({ service: 'identity', method: 'GET', path: '/projects' });
    expect(seen.map(({ url }) => url)).toEqual([
      '/compute/v2.1/servers?name=a+b',
      '/network/v2.0/ports?id=1&id=2',
      '/volume/v3/p1/volumes',
      '/heat/v1/p1/stacks',
      '/v3/projects',
    ]);
    expect(seen[0]?.headers).toMatchObject({ 'openstack-api-version': 'compute 2.79', 'x-auth-token': 'token-1' });
    expect(seen[2]).toMatchObject({
      body: '{"volume":{"size":1}}',
      headers: { 'openstack-api-version': 'volume 3.50' },
    });
    expect(tokensIssued).toBe(1);
  });

  it('is refused when the catalog has no such service or region', async () => {
    const elsewhere = createOpenStackClient({ ...credentials(), region: 'west' });
    expect(await refused(elsewhere.call({ service: 'compute', method: 'GET', path: '/servers' }))).toMatchObject({
      code: 'NOT_SUPPORTED',
      data: { regions: ['north', 'south'] },
    });
    expect(await refused(client().call({ service: 'image', method: 'GET', path: '/images' }))).toMatchObject({
      code: 'NOT_SUPPORTED',
      retry: 'never',
    });
  });

  it('sends a stream again from its start', async () => {
    answers = [json(503, {}), json(204, {})];
    const upload = { open: () => Readable.from([Buffer.from('all of '), Buffer.from('it')]), lengthBytes: 9 };
    await client().call({ service: 'network', method: 'PUT', path: '/file', upload });
    expect(seen.map(({ body }) => body)).toEqual(['all of it', 'all of it']);
  });
});

describe('a request that failed on its way', () => {
  it('is sent again after 429 and 503, whatever its method', async () => {
    answers = [json(429, {}), json(503, {}), json(202, { ok: true })];
    const answer = await client().call({ service: 'compute', method: 'POST', path: '/servers', body: {} });
    expect(answer).toMatchObject({ status: 202, body: { ok: true } });
    expect(seen).toHaveLength(3);
  });

  it('waits as long as Retry-After says', async () => {
    answers = [json(429, {}, { 'retry-after': '1' }), json(200, {})];
    const start = performance.now();
    await client().call({ service: 'compute', method: 'GET', path: '/servers' });
    expect(performance.now() - start).toBeGreaterThanOrEqual(990);
  });

  it('is sent again after a lost connection when it changes nothing by coming twice', async () => {
    answers = [hangUp, hangUp, json(200, { ok: true })];
    expect(await client().call({ service: 'compute', method: 'DELETE', path: '/servers/1' })).toMatchObject({
      status: 200,
    });
    expect(seen).toHaveLength(3);
  });

  it('is not sent again after a lost connection when it may have made something', async () => {
    answers = [hangUp];
    const refusal = await refused(client().call({ service: 'compute', method: 'POST', path: '/servers', body: {} }));
    expect(refusal).toMatchObject({ code: 'CLOUD_UNREACHABLE', retry: 'later', data: { sent: true } });
    expect(seen).toHaveLength(1);
  });

  it('may leave its service silent for as long as the call says', async () => {
    const make = { service: 'compute', method: 'POST', path: '/servers', body: {} } as const;
    answers = [(response, one) => void setTimeout(() => json(202, { ok: true })(response, one), 400)];
    expect(await refused(client().call({ ...make, idleTimeoutMs: 100 }))).toMatchObject({ code: 'CLOUD_UNREACHABLE' });
    expect(await client().call({ ...make, idleTimeoutMs: 5_000 })).toMatchObject({ status: 202 });
  });

  it('is refused as unreachable after the last attempt', async () => {
    answers = [json(503, {})];
    expect(await refused(client().call({ service: 'network', method: 'GET', path: '/ports' }))).toMatchObject({
      code: 'CLOUD_UNREACHABLE',
      retry: 'later',
      data: { status: 503, service: 'network' },
    });
    expect(seen).toHaveLength(quick.attempts);
  });

  it('ends with its time, and with its signal', async () => {
    answers = [() => {}];
    const slow = { service: 'network', method: 'GET', path: '/ports' } as const;
    expect(await refused(client().call({ ...slow, timeoutMs: 100 }))).toMatchObject({
      code: 'TIMED_OUT',
      retry: 'later',
    });
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    expect(await refused(client().call({ ...slow, signal: stop.signal }))).toMatchObject({ code: 'INTERRUPTED' });
  });

  it('names a Keystone that nobody serves', async () => {
    const nowhere = createOpenStackClient({ ...credentials(), authUrl: 'http://127.0.0.1:1/v3' }, { pace: quick });
    const refusal = await refused(nowhere.session());
    expect(refusal).toMatchObject({ code: 'CLOUD_UNREACHABLE', data: { systemCode: 'ECONNREFUSED', sent: false } });
    expect(refusal.message).toContain('identity at http://127.0.0.1:1');
  });
});

describe('a token', () => {
  const listing = { service: 'compute', method: 'GET', path: '/servers' } as const;

  it('is asked for once by calls that start together', async () => {
    const cloud = client();
    await Promise.all([cloud.call(listing), cloud.call(listing), cloud.session()]);
    expect(tokensIssued).toBe(1);
  });

  it('is asked for anew, once, when a service refuses it', async () => {
    answers = [json(401, {}), json(200, {})];
    await client().call(listing);
    expect(seen.map(({ headers }) => headers['x-auth-token'])).toEqual(['token-1', 'token-2']);
    answers = [json(401, { error: { message: 'The request you have made requires authentication.' } })];
    expect(await refused(client().call(listing))).toMatchObject({ code: 'CLOUD_REFUSED', retry: 'never' });
  });

  it('is renewed before its end', async () => {
    let now = 0;
    const cloud = client({ now: () => now });
    await cloud.call(listing);
    now = 54 * 60_000;
    await cloud.call(listing);
    expect(tokensIssued).toBe(1);
    now = 56 * 60_000;
    await Promise.all([cloud.call(listing), cloud.call(listing)]);
    expect(tokensIssued).toBe(2);
  });

  it('is asked for again after Keystone was away', async () => {
    const cloud = client({ pace: { ...quick, attempts: 1 } });
    signIn = json(503, {});
    expect(await refused(cloud.session())).toMatchObject({ code: 'CLOUD_UNREACHABLE' });
    signIn = issueToken;
    expect(await cloud.session()).toMatchObject({ token: 'token-1', projectId: 'p1', roles: ['member'] });
  });
});

describe('a refusal', () => {
  const create = { service: 'network', method: 'POST', path: '/ports', body: {} } as const;

  it('carries neither the password nor the token, though the service repeats them', async () => {
    const repeat: Answer = (response, one) =>
      json(400, { error: { message: `you sent ${one.body} with ${String(one.headers['x-auth-token'])}` } })(
        response,
        one,
      );
    answers = [repeat];
    const call = await refused(client().call({ ...create, body: { secret: PASSWORD } }));
    signIn = repeat;
    const login = await refused(client().session());
    for (const refusal of [call, login]) {
      const everything = JSON.stringify([refusal.message, refusal.data, refusal.stack]);
      expect(everything).toContain('***');
      expect(everything).not.toContain(PASSWORD);
      expect(everything).not.toContain('token-1');
    }
  });
});
