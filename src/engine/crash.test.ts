/** Killed anywhere, the same command again completes: at every single effect on cloud, cluster and store. */
import { describe, expect, it } from 'vitest';
import type { Tick } from '../../test/fake-cloud/fake-cloud.ts';
import { bootFile } from '../../test/fake-cloud/fake-cluster.ts';
import { emptyWorld, type World } from '../../test/fake-cloud/world.ts';
import type { Engine, Settled } from './engine.ts';
import { balancedText, fakeClock, openEngine, shopText, specFrom } from './engine-test-kit.ts';
import { fileSealer } from './secrets/seal.ts';
import { newStateDirectory } from './state-directory-test-kit.ts';
import type { Store } from './store/store.ts';

const deadlineMs = 300_000;
const leaseRunsOutMs = 30_000;
const changedText = shopText.replace('name: www', 'name: site').replace('ports: [80]', 'ports: [80, 443]');

type Command = (engine: Engine) => Promise<Settled>;
const apply =
  (text: string): Command =>
  async (engine) => {
    await engine.put(specFrom(text), text);
    return engine.settle('shop', { deadlineMs });
  };
const remove: Command = async (engine) => {
  await engine.markAbsent('shop');
  return engine.settle('shop', { deadlineMs });
};

class Killed extends Error {}

/** Dies at the Nth effect, and from then on touches nothing, as a dead process does. */
function mortal(diesAt: number): { tick: Tick; wrapStore: (store: Store) => Store; effects: () => string[] } {
  const effects: string[] = [];
  const tick: Tick = (what) => {
    if (effects.length >= diesAt) throw new Killed();
    effects.push(what);
    if (effects.length >= diesAt) throw new Killed();
  };
  const writes: readonly (keyof Store)[] = ['save', 'forget', 'addSecrets', 'append', 'acquire', 'release'];
  const wrapStore = (store: Store): Store =>
    new Proxy(store, {
      get(target, name: keyof Store) {
        const method = target[name] as (...parameters: unknown[]) => Promise<unknown>;
        return async (...parameters: unknown[]) => {
          if (effects.length >= diesAt) throw new Killed();
          if (!writes.includes(name)) return method.apply(target, parameters);
          tick(`before: ${name}`);
          const result = await method.apply(target, parameters);
          tick(`after: ${name}`);
          return result;
        };
      },
    });
  return { tick, wrapStore, effects: () => effects };
}

type Scene = { readonly state: string; readonly world: World; readonly clock: ReturnType<typeof fakeClock> };
const newScene = (): Scene => ({ state: newStateDirectory(), world: emptyWorld(), clock: fakeClock() });

/** Runs the command in an engine that dies at the Nth effect; the effects it had, or undefined when it lived. */
async function runAndDie(scene: Scene, command: Command, diesAt: number): Promise<readonly string[] | undefined> {
  const { tick, wrapStore, effects } = mortal(diesAt);
  const { engine, close } = await openEngine({ ...scene, tick, wrapStore });
  try {
    await command(engine);
    return undefined;
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
    return effects();
  } finally {
    await close();
    // The one that died here was no process of its own, so nobody can know it as dead: its lease runs out.
    scene.clock.advance(leaseRunsOutMs);
  }
}

async function run(scene: Scene, command: Command): Promise<Settled> {
  const { engine, close } = await openEngine(scene);
  try {
    return await command(engine);
  } finally {
    await close();
  }
}

/** Everything but the secrets and the counters. */
function shapeOf(world: World): unknown {
  return Object.entries(world.deployments).map(([name, made]) => ({
    ...made,
    name,
    credential: made.credential !== undefined,
    clusters: Object.entries(made.clusters).map(([cluster, { cib, ...rest }]) => ({
      ...rest,
      cluster,
      cib: cib?.replace(/ epoch="\d+"/, ''),
    })),
    nodes: Object.fromEntries(Object.entries(made.nodes).map(([node, { power }]) => [node, power])),
  }));
}

const haproxyFiles = (world: World) =>
  Object.entries(world.deployments['shop']?.files ?? {}).filter(([place]) => place.includes('haproxy'));

async function storedSecrets({ state }: Scene): Promise<Record<string, string>> {
  const { store, close } = await openEngine({ state, world: emptyWorld(), clock: fakeClock() });
  const sealed = await store.secrets('shop');
  await close();
  const open = ([name, text]: [string, string]) => [name, fileSealer(state).open({ deployment: 'shop', name }, text)];
  return Object.fromEntries(Object.entries(sealed).map(open)) as Record<string, string>;
}

/** What the cloud was given is what is stored: made once, whoever was killed when. */
async function expectOneSetOfSecrets(scene: Scene): Promise<void> {
  const stored = await storedSecrets(scene);
  const shop = scene.world.deployments.shop;
  expect(new Set(Object.values(shop?.nodes ?? {}).map((node) => bootFile(node, '/etc/corosync/authkey')))).toEqual(
    new Set([stored['authkey/app']]),
  );
  expect(shop?.credential).toBe((JSON.parse(stored['node-identity'] ?? '{}') as { certificate?: string }).certificate);
}

/** Calls `scenario` with 1, 2, 3, … until it says that nobody died any more; the number of deaths. */
async function atEveryEffect(scenario: (diesAt: number) => Promise<boolean>): Promise<number> {
  let deaths = 0;
  while (await scenario(deaths + 1)) deaths += 1;
  return deaths;
}

describe('killed at any effect', () => {
  it('of apply, the same apply completes, with the same secrets', async () => {
    const undisturbed = newScene();
    await run(undisturbed, apply(shopText));
    const deaths = await atEveryEffect(async (diesAt) => {
      const scene = newScene();
      const effects = await runAndDie(scene, apply(shopText), diesAt);
      expect({ after: effects?.at(-1), settled: await run(scene, apply(shopText)) }).toMatchObject({
        after: effects?.at(-1),
        settled: { state: 'ready' },
      });
      expect([effects?.at(-1), shapeOf(scene.world)]).toEqual([effects?.at(-1), shapeOf(undisturbed.world)]);
      await expectOneSetOfSecrets(scene);
      return effects !== undefined;
    });
    expect(deaths).toBeGreaterThan(50);
  }, 120_000);

  it('of a changed apply, the same apply completes', async () => {
    const undisturbed = newScene();
    await run(undisturbed, apply(shopText));
    await run(undisturbed, apply(changedText));
    const deaths = await atEveryEffect(async (diesAt) => {
      const scene = newScene();
      await run(scene, apply(shopText));
      const before = await storedSecrets(scene);
      const effects = await runAndDie(scene, apply(changedText), diesAt);
      expect({ after: effects?.at(-1), settled: await run(scene, apply(changedText)) }).toMatchObject({
        after: effects?.at(-1),
        settled: { state: 'ready' },
      });
      expect([effects?.at(-1), shapeOf(scene.world)]).toEqual([effects?.at(-1), shapeOf(undisturbed.world)]);
      expect(await storedSecrets(scene)).toEqual(before);
      return effects !== undefined;
    });
    expect(deaths).toBeGreaterThan(15);
  }, 120_000);

  it.each([
    ['grown', shopText, 3, 5],
    ['shrunk', shopText, 5, 3],
    ['shrunk to two', shopText, 4, 2],
    ['grown behind load balancers', balancedText, 2, 3],
    ['shrunk behind load balancers', balancedText, 3, 2],
  ])(
    'of a cluster that is %s, the same apply completes',
    async (_, text, from, to) => {
      const sized = (nodes: number) => `${text}cluster:\n  nodes: ${nodes}\n`;
      const undisturbed = newScene();
      await run(undisturbed, apply(sized(from)));
      expect(await run(undisturbed, apply(sized(to)))).toMatchObject({ state: 'ready' });
      const wanted = undisturbed.world.deployments.shop;
      const members = Object.keys(wanted?.nodes ?? {}).filter((node) => node.startsWith('app-'));
      expect(members).toHaveLength(to);
      expect(Object.keys(wanted?.clusters['app']?.members ?? {})).toEqual(members);
      for (let diesAt = 1; ; diesAt += 4) {
        const scene = newScene();
        await run(scene, apply(sized(from)));
        const effects = await runAndDie(scene, apply(sized(to)), diesAt);
        expect({ after: effects?.at(-1), settled: await run(scene, apply(sized(to))) }).toMatchObject({
          settled: { state: 'ready' },
        });
        expect(Object.keys(scene.world.deployments.shop?.nodes ?? {})).toEqual(Object.keys(wanted?.nodes ?? {}));
        expect(haproxyFiles(scene.world)).toEqual(haproxyFiles(undisturbed.world));
        expect(scene.world.deployments.shop?.clusters['app']?.corosyncConf).toBe(wanted?.clusters['app']?.corosyncConf);
        if (effects === undefined) return;
      }
    },
    60_000,
  );

  it('of delete, the same delete completes and leaves nothing', async () => {
    const deaths = await atEveryEffect(async (diesAt) => {
      const scene = newScene();
      await run(scene, apply(shopText));
      const effects = await runAndDie(scene, remove, diesAt);
      expect({ after: effects?.at(-1), settled: await run(scene, remove) }).toEqual({
        after: effects?.at(-1),
        settled: { state: 'gone' },
      });
      expect([effects?.at(-1), scene.world.deployments]).toEqual([effects?.at(-1), {}]);
      expect(await storedSecrets(scene)).toEqual({});
      return effects !== undefined;
    });
    expect(deaths).toBeGreaterThan(20);
  }, 120_000);

  it('of apply, delete leaves nothing, and it can be made anew', async () => {
    await atEveryEffect(async (diesAt) => {
      const scene = newScene();
      const effects = await runAndDie(scene, apply(shopText), diesAt);
      // Killed before the wish was stored there is nothing to delete, and delete says so.
      if (effects?.length === 1) return true;
      expect({ after: effects?.at(-1), settled: await run(scene, remove) }).toEqual({
        after: effects?.at(-1),
        settled: { state: 'gone' },
      });
      expect([effects?.at(-1), scene.world.deployments]).toEqual([effects?.at(-1), {}]);
      expect(await run(scene, apply(shopText))).toMatchObject({ state: 'ready' });
      return effects !== undefined;
    });
  }, 120_000);

  it('again and again, apply still completes', async () => {
    const scene = newScene();
    let deaths = 0;
    for (let life = 1; (await runAndDie(scene, apply(shopText), 3 + (life % 5))) !== undefined && life < 200; life += 1)
      deaths += 1;
    expect(await run(scene, apply(shopText))).toMatchObject({ state: 'ready' });
    expect(deaths).toBeGreaterThan(10);
    await expectOneSetOfSecrets(scene);
  }, 120_000);
});
