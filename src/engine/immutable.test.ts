import { describe, expect, it, onTestFinished } from 'vitest';
import { emptyWorld } from '../../test/fake-cloud/world.ts';
import { balancedText, fakeClock, openEngine, specFrom } from './engine-test-kit.ts';
import { newStateDirectory } from './state-directory-test-kit.ts';

describe('the load balancers of a living deployment', () => {
  it.each([
    ['loadBalancers: {nodes: 2}', 'loadBalancers: {nodes: 2, flavor: large}', 'loadBalancers.flavor'],
    ['loadBalancers: {nodes: 2}', '', 'loadBalancers'],
  ])('cannot change from %s to %s', async (from, to, path) => {
    const { engine, close } = await openEngine({
      state: newStateDirectory(),
      world: emptyWorld(),
      clock: fakeClock(),
    });
    onTestFinished(close);
    await engine.put(specFrom(balancedText), balancedText);
    await engine.settle('shop', { deadlineMs: 120_000 });
    // Without load balancers a VIP has ports, and nothing listens.
    const text = balancedText.replace(from, to).replace(/listen: .*/, 'ports: [80]');
    await expect(engine.put(specFrom(text), text)).rejects.toMatchObject({
      data: { diagnostics: [{ code: 'immutable', path: path.split('.') }] },
    });
    expect(await engine.get('shop')).toMatchObject({ generation: 1 });
  });
});
