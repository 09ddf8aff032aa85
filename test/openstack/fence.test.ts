/** fence_quorate against a real Nova, with nothing but the credential that nodes have. The guests are fake. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asRefusal } from '../../src/kernel/refusal.ts';
import { type AgentServers, prepareAgentServers, runAs } from './agents-kit.ts';

let bed: AgentServers;

beforeAll(async () => {
  bed = await prepareAgentServers('osagents-fence');
  await Promise.all(['app-1', 'app-2', 'app-3'].map((name) => bed.boot(name)));
  await bed.boot('stranger', { 'quorate:deployment': 'another' });
  for (const name of ['app-1', 'app-2', 'app-3', 'stranger']) await bed.become(name, 'ACTIVE');
});
afterAll(() => bed?.remove());

const agent = () => [process.execPath, `${bed.agents}/agents.mjs`, 'fence_quorate'];

const fence = (self: string, action: string, plug: string, more: readonly string[] = [], signal?: AbortSignal) =>
  runAs(
    self,
    [...agent(), '-v', '-o', action, '-n', plug, '--config-file', bed.configFile, '--power-timeout=100', ...more],
    signal === undefined ? {} : { signal },
  );

const expectOff = async (name: string) =>
  expect(await bed.server(name)).toMatchObject({ status: 'SHUTOFF', 'OS-EXT-STS:power_state': 4 });

const backOn = async (name: string) => {
  expect(await fence('app-1', 'on', name)).toMatchObject({ exitCode: 0 });
  expect((await bed.server(name)).status).toBe('ACTIVE');
};

describe('the credential of a node', () => {
  it.each([
    ['network', 'GET', '/ports'],
    ['volumev3', 'GET', '/volumes'],
    ['image', 'GET', '/images'],
    ['orchestration', 'GET', '/stacks'],
    ['compute', 'GET', '/flavors'],
    ['compute', 'POST', '/servers'],
  ] as const)('is refused by %s: %s %s', async (service, method, path) => {
    const refused = await bed.asNode.call({ service, method, path, ...(method === 'POST' ? { body: {} } : {}) }).then(
      () => undefined,
      (error: unknown) => asRefusal(error),
    );
    expect(refused?.data['status']).toBe(401);
  });

  it('cannot delete a server, nor make itself another credential', async () => {
    const { id } = await bed.server('app-3');
    const { userId } = await bed.asNode.session();
    for (const call of [
      { service: 'compute', method: 'DELETE', path: `/servers/${id}` },
      {
        service: 'identity',
        method: 'POST',
        path: `/users/${userId}/application_credentials`,
        body: { application_credential: { name: 'more' } },
      },
    ] as const)
      await expect(bed.asNode.call(call)).rejects.toMatchObject({ code: 'CLOUD_REFUSED' });
    expect((await bed.server('app-3')).status).toBe('ACTIVE');
  });
});

describe('fence_quorate on Nova', () => {
  it("lists the deployment's servers, not others of the project", async () => {
    const stdin = `action=list\nconfig_file=${bed.configFile}\nshell_timeout=30\n`;
    const answer = await runAs('app-1', agent(), { stdin });
    expect(answer).toMatchObject({ exitCode: 0, output: 'app-1,\napp-2,\napp-3,\n' });
    expect((await fence('app-1', 'list-status', '')).output).toBe('app-1,,ON\napp-2,,ON\napp-3,,ON\n');
    expect((await fence('app-1', 'monitor', '')).exitCode).toBe(0);
  });

  it('switches a server off and on, and says which it is', async () => {
    expect((await fence('app-1', 'status', 'app-2')).exitCode).toBe(0);
    expect((await fence('app-1', 'off', 'app-2')).exitCode).toBe(0);
    await expectOff('app-2');
    expect((await fence('app-1', 'status', 'app-2')).exitCode).toBe(2);
    expect((await fence('app-1', 'off', 'app-2')).exitCode).toBe(0);
    await backOn('app-2');
  });

  it('reboots: it was off, and is started without being waited for', async () => {
    expect(await fence('app-1', 'reboot', 'app-2')).toMatchObject({ exitCode: 0 });
    await bed.become('app-2', 'ACTIVE');
    const { id } = await bed.server('app-2');
    const path = `/servers/${id}/os-instance-actions`;
    const { body } = await bed.client.call({ service: 'compute', method: 'GET', path });
    const actions = (body as { readonly instanceActions: { readonly action: string }[] }).instanceActions;
    expect(actions.slice(0, 2).map(({ action }) => action)).toEqual(['start', 'stop']);
  });

  it.each([
    ['pause', 'PAUSED'],
    ['suspend', 'SUSPENDED'],
  ])('switches off a server after %s', async (action, status) => {
    await bed.act('app-2', action);
    await bed.become('app-2', status);
    expect((await fence('app-1', 'status', 'app-2')).exitCode).toBe(0);
    expect(await fence('app-1', 'off', 'app-2')).toMatchObject({ exitCode: 0 });
    await expectOff('app-2');
    await backOn('app-2');
  });

  it('switches off a server in ERROR that has a host', async () => {
    const { id } = await bed.server('app-2');
    const body = { 'os-resetState': { state: 'error' } };
    await bed.operator.call({ service: 'compute', method: 'POST', path: `/servers/${id}/action`, body });
    expect((await fence('app-1', 'status', 'app-2')).exitCode).toBe(1);
    expect(await fence('app-1', 'off', 'app-2')).toMatchObject({ exitCode: 0 });
    await expectOff('app-2');
    await backOn('app-2');
  });

  it('counts a shelved server as off', async () => {
    await bed.act('app-2', 'shelve');
    const shelved = await bed.become('app-2', 'SHELVED_OFFLOADED');
    expect(shelved.status).toBe('SHELVED_OFFLOADED');
    expect((await fence('app-1', 'status', 'app-2')).exitCode).toBe(2);
    expect((await fence('app-1', 'off', 'app-2')).exitCode).toBe(0);
    await backOn('app-2');
  });

  it('refuses a server that somebody is rescuing, and says what to do', async () => {
    await bed.act('app-2', 'rescue', {});
    await bed.become('app-2', 'RESCUE');
    const refused = await fence('app-1', 'off', 'app-2');
    expect(refused).toMatchObject({ exitCode: 1, output: expect.stringContaining('RESCUE') });
    expect(refused.seconds).toBeLessThan(60);
    await bed.act('app-2', 'unrescue');
    await bed.become('app-2', 'ACTIVE');
  });

  it('counts a server that no host could take as off: a cluster fences what it never saw', async () => {
    await bed.boot('app-9', {}, { flavorRef: await bed.impossibleFlavor() });
    const failed = await bed.become('app-9', 'ERROR');
    expect(failed['OS-EXT-STS:power_state']).toBe(0);
    expect(await fence('app-1', 'reboot', 'app-9', ['--power-timeout=10'])).toMatchObject({ exitCode: 0 });
  });

  it('counts a server that verifiably does not exist as off, and says so', async () => {
    const absent = await fence('app-1', 'off', 'app-7');
    expect(absent).toMatchObject({ exitCode: 0, output: expect.stringContaining('app-7 does not exist') });
    expect((await fence('app-1', 'status', 'app-7')).exitCode).toBe(2);
    expect((await fence('app-1', 'on', 'app-7', ['--power-timeout=2'])).exitCode).toBe(1);
    expect((await fence('app-1', 'off', 'stranger')).output).toContain('stranger does not exist');
    expect((await bed.server('stranger')).status).toBe('ACTIVE');
  });

  it('is done with a server that is being deleted', async () => {
    const id = await bed.boot('app-8');
    await bed.become('app-8', 'ACTIVE');
    await bed.client.call({ service: 'compute', method: 'DELETE', path: `/servers/${id}` });
    expect((await fence('app-1', 'off', 'app-8')).exitCode).toBe(0);
  });

  it('lets one of two nodes that shoot at each other live', async () => {
    for (let round = 0; round < 3; round++) {
      await Promise.all([shootWhileAlive('app-1', 'app-2'), shootWhileAlive('app-2', 'app-1')]);
      const states = [await bed.server('app-1'), await bed.server('app-2')];
      expect(states.map(({ status }) => status).toSorted()).toEqual(['ACTIVE', 'SHUTOFF']);
      const dead = states.find(({ status }) => status === 'SHUTOFF')?.name ?? '';
      // By a machine that no claim concerns.
      expect(await fence('elsewhere', 'on', dead)).toMatchObject({ exitCode: 0 });
    }
  });

  it('fences though a claim of the dead node is left, after a while', async () => {
    const { id } = await bed.server('app-2');
    const metadata = { 'quorate_fencing_app-1': 'left' };
    await bed.client.call({ service: 'compute', method: 'POST', path: `/servers/${id}/metadata`, body: { metadata } });
    const waited = await fence('app-1', 'off', 'app-2');
    expect(waited.exitCode).toBe(0);
    expect(waited.seconds).toBeGreaterThan(20);
    expect((await bed.server('app-2')).metadata).not.toHaveProperty('quorate_fencing_app-1');
    expect((await bed.server('app-1')).metadata).not.toHaveProperty('quorate_fencing_app-2');
    await backOn('app-2');
  });
});

/** As on a real node: who is switched off runs no further. */
async function shootWhileAlive(self: string, target: string): Promise<void> {
  const death = new AbortController();
  const shot = fence(self, 'off', target, [], death.signal).finally(() => death.abort());
  while (!death.signal.aborted) {
    if ((await bed.server(self)).status === 'SHUTOFF') death.abort();
    await sleep(300);
  }
  await shot;
}
