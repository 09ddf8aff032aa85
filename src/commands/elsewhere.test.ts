/** Deployments in another cloud than the local one: the machine is left alone, whatever is asked. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { fakeCloud } from '../../test/fake-cloud/fake-cloud.ts';
import { emptyWorld, type World } from '../../test/fake-cloud/world.ts';
import { fakeClock, openEngine, shopText, type TestEngine } from '../engine/engine-test-kit.ts';
import { newStateDirectory } from '../engine/state-directory-test-kit.ts';
import { Refusal } from '../kernel/refusal.ts';
import { apply } from './apply.ts';
import type { Context } from './context.ts';
import { deleteDeployment } from './delete.ts';
import { doctor } from './doctor.ts';
import { importDeployment } from './import.ts';
import { plan } from './plan.ts';
import { uploadNodeImage } from './upload-image.ts';

const open: TestEngine[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

const untouched = async (): Promise<never> => {
  throw new Error('the machine was touched');
};

const noHost: Context['host'] = {
  inspect: untouched,
  missing: untouched,
  ensure: untouched,
  ensureImage: untouched,
  cibComplaints: untouched,
  remove: untouched,
};

/** Two clouds, `lab` and `other`, and no clock that makes anybody wait. */
async function contextOn(world: World, state = newStateDirectory()): Promise<Context & { readonly state: string }> {
  const clock = fakeClock();
  const opened = await openEngine({ state, world, clock, remembers: true });
  open.push(opened);
  const cloud: Context['cloud'] = async (name) => {
    if (name === 'lab' || name === 'other') return fakeCloud(world, () => undefined, { remembers: true });
    throw new Refusal('NOT_FOUND', `cloud ${name} is not known`, { retry: 'never' });
  };
  return {
    state,
    clock,
    engine: async () => opened.engine,
    findEngine: async () => opened.engine,
    host: noHost,
    cloud,
    cloudNames: async () => ['local', 'lab'],
    imageStore: {
      build: async () => ({ path: 'disk.qcow2', recipe: 'r', changed: true }),
      open: async (name) => {
        await cloud(name);
        return async (_, { shared }) => ({ id: shared ? 'for-all' : 'own', name: 'quorate-node', changed: true });
      },
    },
    secretsOf: untouched,
  };
}

/** Without outside ports that this machine would knock at. */
const text = shopText.replace('ports: [80]', 'external: none');
const work = { deadlineMs: 120_000, signal: new AbortController().signal };
const quiet = () => undefined;

describe('a deployment in another cloud', () => {
  it('is planned, applied and deleted without this machine being set up', async () => {
    const context = await contextOn(emptyWorld());
    expect(await plan(context, { text, cloud: 'lab' })).toMatchObject({ done: false, host: [] });
    const applied = await apply(context, { text, cloud: 'lab', ...work }, quiet);
    expect(applied).toMatchObject({ changed: true, status: { state: 'ready', cloud: 'lab' } });
    expect(applied.parts.map(({ part }) => part)).not.toContain('host');
    expect(await plan(context, { text, cloud: 'lab' })).toMatchObject({ done: true });
    expect(await deleteDeployment(context, { name: 'shop', ...work }, quiet)).toMatchObject({ alreadyGone: false });
    expect(await (await context.engine()).list()).toEqual([]);
  });

  it('is not stored when nobody knows the cloud', async () => {
    const context = await contextOn(emptyWorld());
    for (const refused of [
      apply(context, { text, cloud: 'moon', ...work }, quiet),
      plan(context, { text: `${text}cloud: moon\n` }),
      importDeployment(context, { name: 'shop', cloud: 'moon' }),
      uploadNodeImage(context, { cloud: 'moon', shared: false, signal: work.signal }, quiet),
    ])
      await expect(refused).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await (await context.engine()).list()).toEqual([]);
  });

  it('stays where it was made', async () => {
    const context = await contextOn(emptyWorld());
    await apply(context, { text, cloud: 'lab', ...work }, quiet);
    await expect(apply(context, { text, cloud: 'other', ...work }, quiet)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
    expect(await plan(context, { text, cloud: 'lab' })).toMatchObject({ done: true });
  });

  it('is taken in again when the store is lost and its key is not', async () => {
    const world = emptyWorld();
    const before = await contextOn(world);
    await apply(before, { text, cloud: 'lab', ...work }, quiet);
    const state = newStateDirectory();
    copyFileSync(join(before.state, 'key'), join(state, 'key'));
    const after = await contextOn(world, state);
    const imported = await importDeployment(after, { name: 'shop', cloud: 'lab' });
    expect(imported).toEqual({ name: 'shop', cloud: 'lab', scenario: 'basic', nodes: ['app-1', 'app-2', 'app-3'] });
    expect(await apply(after, { text, cloud: 'lab', ...work }, quiet)).toMatchObject({ changed: false });
  });
});

describe('doctor, asked for another cloud', () => {
  it('says what that cloud says, and nothing of this machine', async () => {
    const context = await contextOn(emptyWorld());
    expect(await doctor(context, { cloud: 'lab' })).toMatchObject({
      cloud: 'lab',
      fit: true,
      findings: [{ code: 'cloud', level: 'ok' }, { code: 'store' }],
    });
    const short = {
      code: 'quota-too-small',
      severity: 'error',
      path: ['cluster'],
      message: 'no room',
      hint: 'ask',
    } as const;
    const full: Context = {
      ...context,
      cloud: async (name) => ({ ...(await context.cloud(name)), preflight: async () => [short] }),
    };
    expect(await doctor(full, { text, cloud: 'lab' })).toMatchObject({
      fit: false,
      findings: [{ code: 'quota-too-small', level: 'fail', message: 'no room', next: 'ask' }, { code: 'store' }],
    });
  });

  it('takes a cloud that nobody knows as a finding', async () => {
    const examination = await doctor(await contextOn(emptyWorld()), { cloud: 'moon' });
    expect(examination).toMatchObject({ fit: false, findings: [{ code: 'cloud', level: 'fail' }, { code: 'store' }] });
  });
});

describe('the node image', () => {
  it('is built and sent to the cloud, for all only when that is asked for', async () => {
    const context = await contextOn(emptyWorld());
    const upload = (shared: boolean) => uploadNodeImage(context, { cloud: 'lab', shared, signal: work.signal }, quiet);
    expect(await upload(true)).toMatchObject({
      image: { id: 'for-all' },
      parts: [{ part: 'image' }, { part: 'upload' }],
    });
    expect(await upload(false)).toMatchObject({ image: { id: 'own' } });
  });

  it('of the local cloud goes nowhere', async () => {
    const refused = uploadNodeImage(
      await contextOn(emptyWorld()),
      { cloud: 'local', shared: false, signal: work.signal },
      quiet,
    );
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });
});
