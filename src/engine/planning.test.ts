import { describe, expect, it, onTestFinished } from 'vitest';
import { emptyWorld } from '../../test/fake-cloud/world.ts';
import { fakeClock, openEngine, shopText, specFrom } from './engine-test-kit.ts';
import { newStateDirectory } from './state-directory-test-kit.ts';

describe('planning', () => {
  it('says what apply would do, and does none of it', async () => {
    const world = emptyWorld();
    const { engine, close } = await openEngine({ state: newStateDirectory(), world, clock: fakeClock() });
    onTestFinished(close);
    const { plan, topology } = await engine.planFor(specFrom(shopText));
    expect(plan.state === 'steps' && plan.steps.map((step) => step.kind)).toEqual([
      'ensure-tenant',
      'ensure-ground',
      'boot-nodes',
    ]);
    expect(topology.deployment).toBe('shop');
    expect(await engine.list()).toEqual([]);
    expect(world.deployments).toEqual({});
  });
});
