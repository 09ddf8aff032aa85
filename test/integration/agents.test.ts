/** The node agents on real nodes, through the real cloud's API, with nothing but the credential that nodes have. */
import { setTimeout as sleep } from 'node:timers/promises';
import { RelaxNGValidator, XmlDocument } from 'libxml2-wasm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiPath } from '../../src/clouds/local/incus/client.ts';
import { eventually } from '../e2e/harness/eventually.ts';
import { type AgentNodes, bootAgentNodes } from './agents-kit.ts';

const MOUNTED_AT = '/var/lib/quorate/volumes/data';
const AGENT = '/usr/lib/ocf/resource.d/quorate/incus-volume';

let deployment: AgentNodes;

beforeAll(async () => {
  deployment = await bootAgentNodes('agents');
  for (const node of ['app-1', 'app-2']) await apiAnswers(node);
});
afterAll(() => deployment?.remove());

/** A node that has just booted needs a moment for its addresses. */
const apiAnswers = (node: string) =>
  eventually(
    `${node} reaches the API`,
    60_000,
    () => deployment.sh(node, 'fence_quorate -o monitor'),
    ({ exitCode }) => exitCode === 0,
  );

const fence = (action: string, plug: string, more = '') =>
  deployment.sh('app-1', `fence_quorate -o ${action} -n ${plug} ${more}`);

const stateOf = async (name: string) => (await deployment.instance(name)).status;

const statePath = (name: string) => apiPath(['instances', name, 'state'], { project: deployment.project });

const freeze = (name: string) => deployment.client.change('PUT', statePath(name), { body: { action: 'freeze' } });

async function bringBack(name: string): Promise<void> {
  expect((await fence('on', name)).exitCode).toBe(0);
  await apiAnswers(name);
}

describe('fence_quorate', () => {
  it('is taken by Pacemaker: its metadata is read, its validation runs', async () => {
    expect(await deployment.sh('app-1', 'stonith_admin --metadata --agent fence_quorate')).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining('name="plug"'),
    });
    expect((await deployment.sh('app-1', 'stonith_admin --validate --agent fence_quorate')).exitCode).toBe(0);
  });

  it("lists the deployment's nodes", async () => {
    expect(await deployment.sh('app-1', 'printf "action=list\\n" | fence_quorate')).toEqual({
      exitCode: 0,
      output: 'app-1,\napp-2,\n',
    });
    expect((await deployment.sh('app-1', 'fence_quorate -o list-status')).output).toBe('app-1,,ON\napp-2,,ON\n');
  });

  it('switches a node off and on, and says which it is', async () => {
    expect((await fence('status', 'app-2')).exitCode).toBe(0);
    expect((await fence('off', 'app-2')).exitCode).toBe(0);
    expect(await stateOf('app-2')).toBe('Stopped');
    expect((await fence('status', 'app-2')).exitCode).toBe(2);
    expect((await fence('off', 'app-2')).exitCode).toBe(0);
    await bringBack('app-2');
    expect(await stateOf('app-2')).toBe('Running');
  });

  it('reboots: what ran has ended, and the node is started without being waited for', async () => {
    const before = await deployment.instance('app-2');
    expect((await fence('reboot', 'app-2')).exitCode).toBe(0);
    const after = await eventually(
      'app-2 runs',
      10_000,
      () => deployment.instance('app-2'),
      ({ status }) => status === 'Running',
    );
    expect(Date.parse(after.last_used_at)).toBeGreaterThan(Date.parse(before.last_used_at));
    await apiAnswers('app-2');
  });

  it('switches off a node that is frozen', async () => {
    await freeze('app-2');
    expect((await fence('status', 'app-2')).exitCode).toBe(0);
    expect((await fence('off', 'app-2')).exitCode).toBe(0);
    expect(await stateOf('app-2')).toBe('Stopped');
    await bringBack('app-2');
  });

  it('switches off a node that hangs in a shutdown which somebody else has asked for', async () => {
    const stubborn = `systemd-run -p TimeoutStopSec=60 sh -c 'trap "" TERM; while :; do sleep 1; done'`;
    expect((await deployment.sh('app-2', `${stubborn}; sleep 1`)).exitCode).toBe(0);
    const shutdown = deployment.client
      .change('PUT', statePath('app-2'), { body: { action: 'stop', timeout: 60 } })
      .catch(() => undefined);
    await sleep(3_000);
    expect(await stateOf('app-2')).toBe('Running');
    expect((await fence('off', 'app-2')).exitCode).toBe(0);
    expect(await stateOf('app-2')).toBe('Stopped');
    await shutdown;
    await bringBack('app-2');
  });

  it('counts a node that verifiably does not exist as off, and says so', async () => {
    expect(await fence('off', 'app-9')).toMatchObject({
      exitCode: 0,
      output: expect.stringContaining('app-9 does not exist'),
    });
    expect((await fence('status', 'app-9')).exitCode).toBe(2);
    expect((await fence('on', 'app-9', '--power-timeout=2')).exitCode).toBe(1);
  });

  it('believes nothing of a project that its credential does not open', async () => {
    const foreign = 'sed s/quorate-agents/quorate-nowhere/ /etc/quorate/cloud.json >/root/foreign.json';
    await deployment.sh('app-1', foreign);
    for (const action of ['off', 'reboot', 'status', 'monitor', 'list']) {
      const { exitCode } = await fence(
        action,
        'app-2',
        '--config-file=/root/foreign.json --power-timeout=1 --shell-timeout=1',
      );
      expect({ action, exitCode }).toEqual({ action, exitCode: 1 });
    }
    expect(await stateOf('app-2')).toBe('Running');
  });
});

/** `incus-volume ACTION` as Pacemaker calls it. */
const volume = (node: string, action: string, timeoutMs = 20_000) =>
  deployment.sh(
    node,
    `OCF_ROOT=/usr/lib/ocf OCF_RESKEY_volume=data OCF_RESKEY_CRM_meta_timeout=${timeoutMs} ${AGENT} ${action}`,
  );

describe('ocf:quorate:incus-volume', () => {
  it("is valid by resource-agents' schema and known to Pacemaker", async () => {
    const { output: grammar } = await deployment.sh('app-1', 'cat /usr/share/resource-agents/metadata.rng');
    const { output: metadata } = await volume('app-1', 'meta-data');
    using document = XmlDocument.fromString(metadata);
    using schema = XmlDocument.fromString(grammar);
    // libxml2 plans to drop RelaxNG; the schemas of this field are written in it.
    // oxlint-disable-next-line typescript/no-deprecated
    using validator = RelaxNGValidator.fromDoc(schema);
    expect(() => validator.validate(document)).not.toThrow();
    expect((await deployment.sh('app-1', 'crm_resource --show-metadata ocf:quorate:incus-volume')).exitCode).toBe(0);
  });

  it('passes ocf-tester', async () => {
    // The image has no xmllint, with which ocf-tester checks what the test above has checked.
    const xmllint = 'command -v xmllint >/dev/null || { ln -sf /bin/true /usr/local/bin/xmllint; }';
    const { exitCode, output } = await deployment.sh('app-1', `${xmllint}; ocf-tester -n data -o volume=data ${AGENT}`);
    expect(output).toContain('passed all tests');
    expect(exitCode).toBe(0);
  });

  it('moves with files, owners and all, and may be started and stopped twice', async () => {
    expect((await volume('app-1', 'monitor')).exitCode).toBe(7);
    for (const action of ['start', 'start', 'monitor']) expect((await volume('app-1', action)).exitCode).toBe(0);
    await deployment.sh('app-1', `echo kept >${MOUNTED_AT}/file; chown 33:1234 ${MOUNTED_AT}/file`);
    for (const action of ['stop', 'stop']) expect((await volume('app-1', action)).exitCode).toBe(0);
    expect((await volume('app-1', 'monitor')).exitCode).toBe(7);
    expect((await volume('app-2', 'start')).exitCode).toBe(0);
    expect((await deployment.sh('app-2', `cd ${MOUNTED_AT}; stat -c %u:%g file; cat file`)).output).toBe(
      '33:1234\nkept\n',
    );
    expect((await volume('app-2', 'stop')).exitCode).toBe(0);
  });

  it('is not taken from a node that runs on with it', async () => {
    expect((await volume('app-2', 'start')).exitCode).toBe(0);
    expect(await volume('app-1', 'start', 4_000)).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining('app-2 is Running'),
    });
    expect((await volume('app-2', 'monitor')).exitCode).toBe(0);
    expect((await volume('app-1', 'monitor')).exitCode).toBe(7);
  });

  it('is taken from a node as soon as that was fenced, though it is started again with the volume', async () => {
    expect((await fence('reboot', 'app-2')).exitCode).toBe(0);
    expect((await volume('app-1', 'start')).exitCode).toBe(0);
    expect((await deployment.sh('app-1', `cat ${MOUNTED_AT}/file`)).output).toBe('kept\n');
    await apiAnswers('app-2');
    expect((await volume('app-2', 'monitor')).exitCode).toBe(7);
    expect((await deployment.instance('app-2')).devices).not.toHaveProperty('volume-data');
  });

  it('does not stop under a process that has a file open: detaching would leave it writing', async () => {
    await deployment.sh(
      'app-1',
      `setsid sh -c 'exec sleep 60 >${MOUNTED_AT}/busy' </dev/null 2>/dev/null & echo $! >/root/busy.pid`,
    );
    expect(await volume('app-1', 'stop', 4_000)).toMatchObject({
      exitCode: 1,
      output: expect.stringContaining('target is busy'),
    });
    expect((await deployment.instance('app-1')).devices).toHaveProperty('volume-data');
    await deployment.sh('app-1', 'pkill -x sleep');
    expect((await volume('app-1', 'stop')).exitCode).toBe(0);
  });

  it('unmounts what a bind mount has left before it lets go', async () => {
    expect((await volume('app-1', 'start')).exitCode).toBe(0);
    await deployment.sh('app-1', `mkdir -p /srv/data; mount --bind ${MOUNTED_AT} /srv/data`);
    expect((await volume('app-1', 'stop')).exitCode).toBe(0);
    expect((await deployment.sh('app-1', 'findmnt /srv/data')).output).toBe('');
  });
});
