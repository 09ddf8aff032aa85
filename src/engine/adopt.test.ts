import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { emptyWorld, type World } from '../../test/fake-cloud/world.ts';
import { fakeClock, openEngine, shopText, specFrom, type TestEngine } from './engine-test-kit.ts';
import { newStateDirectory } from './state-directory-test-kit.ts';

const deadlineMs = 120_000;
const open: TestEngine[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

const clock = fakeClock();

/** As with `--cloud`: the text says nothing of it. */
const elsewhere = (text: string) => ({ ...specFrom(text), cloud: 'somewhere' });

async function engineOn(world: World, state = newStateDirectory(), remembers = true) {
  const opened = await openEngine({ state, world, clock, remembers });
  open.push(opened);
  return { ...opened, state };
}

/** A deployment that is ready, and the directory of the key that its secrets are sealed with. */
async function shopIn(world: World) {
  const { engine, store, state } = await engineOn(world);
  await engine.put(elsewhere(shopText), shopText);
  expect(await engine.settle('shop', { deadlineMs })).toMatchObject({ state: 'ready' });
  return {
    state,
    secrets: await store.secrets('shop'),
    record: await engine.get('shop'),
    status: await engine.status('shop'),
  };
}

const copyKey = (from: string, to: string) => copyFileSync(join(from, 'key'), join(to, 'key'));

describe('adopting a deployment whose store is lost', () => {
  it('gives the same status, roster and secrets, and leaves nothing to be done', async () => {
    const world = emptyWorld();
    const before = await shopIn(world);
    const state = newStateDirectory();
    copyKey(before.state, state);
    const { engine, store } = await engineOn(world, state);
    expect(await engine.adopt('shop', 'somewhere')).toMatchObject({ name: 'shop', cloud: 'somewhere', generation: 1 });
    expect((await engine.get('shop'))?.roster).toEqual(before.record?.roster);
    expect(await store.secrets('shop')).toEqual(before.secrets);
    expect(await engine.status('shop')).toEqual(before.status);
    expect((await engine.events('shop')).map(({ kind }) => kind)).toEqual(['adopted']);
    expect((await engine.planFor(elsewhere(shopText))).plan).toMatchObject({ state: 'done' });
    // And it can still be changed.
    const larger = `${shopText}cluster: {nodes: 4}\n`;
    await engine.put(elsewhere(larger), larger);
    expect(await engine.settle('shop', { deadlineMs })).toMatchObject({ state: 'ready' });
    expect(Object.keys((await engine.status('shop')).nodes)).toHaveLength(4);
  });

  it('is refused without the key that sealed its secrets, and with another one; nothing is stored', async () => {
    const world = emptyWorld();
    await shopIn(world);
    const keyless = await engineOn(world);
    const other = await shopIn(emptyWorld());
    const state = newStateDirectory();
    copyKey(other.state, state);
    for (const { engine, store } of [keyless, await engineOn(world, state)]) {
      await expect(engine.adopt('shop', 'somewhere')).rejects.toMatchObject({ code: 'CONFLICT' });
      expect([await engine.list(), await store.secrets('shop')]).toEqual([[], {}]);
    }
  });

  it('is refused for a name that is known here, and for one that the cloud does not remember', async () => {
    const world = emptyWorld();
    const { state } = await shopIn(world);
    const { engine } = await engineOn(world, state);
    await expect(engine.adopt('shop', 'somewhere')).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(engine.adopt('shpo', 'somewhere')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      data: { deployments: ['shop'] },
    });
  });

  it('is refused where a cloud keeps no memory', async () => {
    const { engine } = await engineOn(emptyWorld(), newStateDirectory(), false);
    await expect(engine.adopt('shop', 'somewhere')).rejects.toMatchObject({ code: 'NOT_SUPPORTED' });
  });
});
