import { describe, expect, it, onTestFinished } from 'vitest';
import { emptyWorld } from '../../../test/fake-cloud/world.ts';
import { fakeClock, openEngine, shopText, specFrom } from '../engine-test-kit.ts';
import { newStateDirectory } from '../state-directory-test-kit.ts';

describe('the secrets of a deployment', () => {
  it('are sealed: none stands in the store as it is', async () => {
    const world = emptyWorld();
    const { engine, store, close } = await openEngine({ state: newStateDirectory(), world, clock: fakeClock() });
    onTestFinished(close);
    await engine.put(specFrom(shopText), shopText);
    await engine.settle('shop', { deadlineMs: 120_000 });
    const certificate = world.deployments.shop?.credential ?? '';
    const stored = JSON.stringify([await store.secrets('shop'), await store.list(), await store.events('shop', 0)]);
    expect(certificate).toContain('BEGIN CERTIFICATE');
    expect(stored).not.toContain('BEGIN');
    expect(Object.keys(await store.secrets('shop')).toSorted()).toEqual([
      'authkey/app',
      'credential-secret',
      'host-key',
      'node-identity',
      'share-password',
      'ssh-key',
      'tenant-password',
    ]);
  });
});
