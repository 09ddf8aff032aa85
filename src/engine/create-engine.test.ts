import { afterEach, describe, expect, it } from 'vitest';
import type { Tick } from '../../test/fake-cloud/fake-cloud.ts';
import { emptyWorld, type World } from '../../test/fake-cloud/world.ts';
import { Refusal } from '../kernel/refusal.ts';
import type { DeploymentEvent } from './engine.ts';
import { balancedText, fakeClock, openEngine, shopText, specFrom, type TestEngine } from './engine-test-kit.ts';
import { acquireLease } from './lease/hold.ts';
import { newStateDirectory } from './state-directory-test-kit.ts';

const deadlineMs = 120_000;
const open: TestEngine[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

async function setUp(world: World = emptyWorld(), tick?: Tick) {
  const clock = fakeClock();
  const state = newStateDirectory();
  const opened = await openEngine({ state, world, clock, ...(tick === undefined ? {} : { tick }) });
  open.push(opened);
  const apply = (text = shopText) => opened.engine.put(specFrom(text), text);
  const settle = (
    options: { onEvent?: (event: DeploymentEvent) => void; signal?: AbortSignal; deadlineMs?: number } = {},
  ) => opened.engine.settle('shop', { deadlineMs, ...options });
  return { ...opened, clock, world, state, apply, settle };
}

describe('a wish', () => {
  it('of the same meaning changes nothing, however it is written', async () => {
    const { apply, engine } = await setUp();
    const first = await apply();
    const again = await apply(`# a comment\n${shopText.replace('ports: [80]', 'ports:\n      - 80')}`);
    expect(again).toEqual(first);
    expect(await engine.events('shop')).toHaveLength(1);
  });

  it('of another meaning is a new generation, and what was handed out stays', async () => {
    const { apply } = await setUp();
    const first = await apply();
    const second = await apply(shopText.replace('ports: [80]', 'ports: [80, 443]'));
    expect(second.generation).toBe(first.generation + 1);
    expect(second.createdAt).toBe(first.createdAt);
    expect(second.roster).toEqual(first.roster);
  });

  it('that cannot be fulfilled yet is refused before anything is stored', async () => {
    const { apply, engine } = await setUp();
    const both = `${shopText}roles: {worker: {nodes: 2}}\nstorageCluster: {shares: [{name: s, sizeGiB: 1, mount: /s}]}\n`;
    await expect(apply(both)).rejects.toMatchObject({ code: 'NOT_SUPPORTED' });
    expect(await engine.list()).toEqual([]);
  });

  it('may change anything while nothing exists', async () => {
    const { apply } = await setUp();
    await apply();
    expect(await apply(`${shopText}cloud: other\nnetworks: {range: 10.20.0.0/16}\n`)).toMatchObject({
      cloud: 'other',
      generation: 2,
    });
  });

  it.each([
    ['cloud: other', 'cloud'],
    ['networks: {range: 10.20.0.0/16}', 'networks.range'],
    ['tenant: {create: true}', 'tenant'],
    ['cluster: {flavor: large}', 'cluster.flavor'],
    ['cluster: {failureDetection: tolerant}', 'cluster.failureDetection'],
  ])('cannot change what a living deployment has for life: %s', async (line, path) => {
    const { apply, settle, engine } = await setUp();
    await apply();
    await settle();
    await expect(apply(`${shopText}${line}\n`)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining(path) as string,
    });
    await expect(engine.planFor(specFrom(`${shopText}${line}\n`))).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    expect(await engine.get('shop')).toMatchObject({ generation: 1 });
  });

  it('for a deployment that is being deleted is refused until that has ended', async () => {
    const { apply, settle, engine } = await setUp();
    await apply();
    await engine.markAbsent('shop');
    await expect(apply()).rejects.toMatchObject({ code: 'CONFLICT' });
    await settle();
    await apply();
  });
});

describe('settling', () => {
  it('makes it, then finds nothing left to do, and tells each thing once', async () => {
    const { apply, settle, engine, world } = await setUp();
    await apply();
    expect(await settle()).toMatchObject({ state: 'ready', status: { state: 'ready' } });
    expect(Object.keys(world.deployments.shop?.nodes ?? {})).toEqual(['app-1', 'app-2', 'app-3']);
    const kinds = (await engine.events('shop')).map((event) =>
      `${event.kind} ${(event.data as { step?: string })?.step ?? ''}`.trim(),
    );
    expect(kinds.filter((kind) => kind.startsWith('step'))).toEqual([
      'step-started ensure-tenant',
      'step-finished ensure-tenant',
      'step-started ensure-ground',
      'step-finished ensure-ground',
      'step-started boot-nodes',
      'step-finished boot-nodes',
      'step-started await-cluster',
      'step-finished await-cluster',
    ]);
    expect(kinds.at(-1)).toBe('ready');
    const before = JSON.stringify(world.deployments.shop?.nodes['app-1']?.userData);
    await settle();
    expect(JSON.stringify(world.deployments.shop?.nodes['app-1']?.userData)).toBe(before);
    expect(await engine.events('shop')).toHaveLength(kinds.length);
  });

  it('changes the resources of a living cluster by one update of its CIB', async () => {
    const { apply, settle, world } = await setUp();
    await apply();
    await settle();
    await apply(shopText.replace('name: www', 'name: site'));
    expect(await settle()).toMatchObject({ state: 'ready' });
    expect(world.deployments.shop?.clusters['app']?.cib).toContain('id="site"');
    expect(world.deployments.shop?.clusters['app']?.cib).not.toContain('id="www"');
    expect(world.deployments.shop?.files).toEqual({});
  });

  it('takes who leaves out of the load balancers before it is drained, and adds who joins once it is a member', async () => {
    const { apply, settle, engine, world } = await setUp();
    const sized = (nodes: number) => `${balancedText}cluster: {nodes: ${nodes}}\n`;
    await apply(sized(3));
    expect(await settle()).toMatchObject({
      state: 'ready',
      status: { listeners: [{ vip: 'web', port: 80, answering: ['app-1', 'app-2', 'app-3'], silent: [] }] },
    });
    const stepsOf = async (text: string) => {
      const after = (await engine.events('shop')).at(-1)?.seq ?? 0;
      await apply(text);
      expect(await settle()).toMatchObject({ state: 'ready' });
      const events = await engine.events('shop', { after });
      return events.filter(({ kind }) => kind === 'step-finished').map(({ data }) => (data as { step: string }).step);
    };
    const shrunk = await stepsOf(sized(2));
    expect(shrunk.indexOf('update-load-balancers')).toBeLessThan(shrunk.indexOf('drain-node'));
    expect(world.deployments.shop?.files['lb-2:/etc/haproxy/haproxy.cfg']).not.toContain('app-3');
    const grown = await stepsOf(sized(3));
    expect(grown.lastIndexOf('update-load-balancers')).toBeGreaterThan(grown.indexOf('boot-nodes'));
    expect(world.deployments.shop?.files['lb-2:/etc/haproxy/haproxy.cfg']).toContain('server app-4 ');
  });

  it('removes everything, forgets the secrets and keeps the story', async () => {
    const { apply, settle, engine, store, world } = await setUp();
    await apply();
    await settle();
    await engine.markAbsent('shop');
    expect(await settle()).toEqual({ state: 'gone' });
    expect(world.deployments).toEqual({});
    expect(await engine.get('shop')).toBeUndefined();
    expect(await store.secrets('shop')).toEqual({});
    expect((await engine.events('shop')).at(-1)).toMatchObject({ kind: 'gone' });
  });

  it('of what is gone already says so again, and of what never was refuses', async () => {
    const { apply, settle, engine } = await setUp();
    await expect(settle()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(engine.markAbsent('shop')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await apply();
    await engine.markAbsent('shop');
    await settle();
    await engine.markAbsent('shop');
    expect(await settle()).toEqual({ state: 'gone' });
  });

  it('is refused while another works on it, and names that one', async () => {
    const { apply, settle, store, clock } = await setUp();
    await apply();
    const other = await acquireLease(store, clock, 'shop');
    await expect(settle()).rejects.toMatchObject({
      code: 'BUSY',
      message: expect.stringContaining(String(process.pid)) as string,
    });
    await other.release();
    expect(await settle()).toMatchObject({ state: 'ready' });
  });

  it('changes nothing more once its lease was taken over', async () => {
    let takeOver: () => void = () => undefined;
    const happened: string[] = [];
    const set = await setUp(emptyWorld(), (what) => {
      happened.push(what);
      if (what === 'after: create network cluster') takeOver();
    });
    await set.apply();
    takeOver = () => {
      set.clock.advance(60_000);
      const now = set.clock.now();
      void set.store.acquire({ deployment: 'shop', holder: 'another', now, expiresAt: now + 60_000 });
    };
    await expect(set.settle()).rejects.toMatchObject({ code: 'STALE_LEASE' });
    expect(happened.filter((what) => what.includes('node'))).toEqual([]);
  });

  it('tries again what the world refuses for now, and tells of it once', async () => {
    let failures = 0;
    const { apply, settle, engine } = await setUp(emptyWorld(), (what) => {
      if (what !== 'before: create network services' || failures >= 5) return;
      failures += 1;
      throw new Refusal('CLOUD_UNREACHABLE', 'the cloud does not answer', { retry: 'later' });
    });
    await apply();
    expect(await settle()).toMatchObject({ state: 'ready' });
    expect(failures).toBe(5);
    expect((await engine.events('shop')).filter((event) => event.kind === 'step-failed')).toHaveLength(1);
  });

  it('is blocked by what only a person can change, with the cause and the next thing to do', async () => {
    const set = await setUp(emptyWorld(), (what) => {
      if (what !== 'before: create node app-2') return;
      throw new Refusal('QUOTA_EXCEEDED', 'no room for app-2', { retry: 'never', next: 'raise the quota' });
    });
    await set.apply();
    expect(await set.settle()).toEqual({
      state: 'blocked',
      because: 'no room for app-2',
      unblockedBy: 'raise the quota',
    });
    expect((await set.engine.events('shop')).at(-1)).toMatchObject({ kind: 'blocked' });
  });

  it('gives up at the deadline and says what is still missing', async () => {
    const set = await setUp(emptyWorld(), (what) => {
      if (what === 'before: start node app-3') throw new Refusal('CLOUD_UNREACHABLE', 'no answer', { retry: 'later' });
    });
    await set.apply();
    const before = set.clock.now();
    await expect(set.settle()).rejects.toMatchObject({ code: 'TIMED_OUT', data: { missing: ['no answer'] } });
    expect(set.clock.now() - before).toBeLessThanOrEqual(deadlineMs);
  });

  it.each([
    ['three minutes of ten', 600_000, 180_000],
    ['a quarter of an hour', 3_600_000, 900_000],
  ])('does not wait for the deadline when nothing has changed for %s', async (_what, givenMs, stalledMs) => {
    const set = await setUp(emptyWorld(), (what) => {
      if (what === 'before: start node app-3') throw new Refusal('CLOUD_UNREACHABLE', 'no answer', { retry: 'later' });
    });
    await set.apply();
    const before = set.clock.now();
    await expect(set.settle({ deadlineMs: givenMs })).rejects.toMatchObject({ code: 'TIMED_OUT' });
    expect(Math.abs(set.clock.now() - before - stalledMs)).toBeLessThan(60_000);
  });

  it('stops between two steps when asked to, and the same call goes on', async () => {
    const stop = new AbortController();
    const set = await setUp(emptyWorld(), (what) => {
      if (what === 'after: create tenant') stop.abort();
    });
    await set.apply();
    await expect(set.settle({ signal: stop.signal })).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(set.world.deployments.shop).toMatchObject({ tenant: true, networks: [] });
    expect(set.world.deployments.shop?.credential).toBeDefined();
    expect(await set.settle()).toMatchObject({ state: 'ready' });
  });

  it('does not flood the story while it waits', async () => {
    const set = await setUp();
    await set.apply();
    await set.settle();
    const node = set.world.deployments.shop?.nodes['app-3'];
    if (node !== undefined) node.looks = -30;
    const before = (await set.engine.events('shop')).length;
    await set.settle();
    expect(node?.looks).toBeGreaterThan(0);
    expect((await set.engine.events('shop')).length - before).toBeLessThanOrEqual(4);
  });

  it('lets a bug be a bug', async () => {
    const set = await setUp(emptyWorld(), () => {
      throw new TypeError('a bug');
    });
    await set.apply();
    await expect(set.settle()).rejects.toThrow(TypeError);
  });
});
