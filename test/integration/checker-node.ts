/** One container of the node image, outside any deployment: a place for the programs that judge what we render. */
import { z } from 'zod';
import { apiPath, createIncusClient } from '../../src/clouds/local/incus/client.ts';
import { execInInstance } from '../../src/clouds/local/incus/exec.ts';
import { obtainLocalIncus } from './local-incus.ts';

export type CheckerNode = {
  /** A shell script; `$1`… are `args`. Both streams as one text. */
  readonly sh: (script: string, args?: readonly string[], stdin?: string) => Promise<Checked>;
  readonly put: (path: string, text: string) => Promise<void>;
  readonly remove: () => Promise<void>;
};

export type Checked = { readonly exitCode: number; readonly output: string };

const project = 'golden-checkers';
const instance = 'checker';

/** Starts it; what an earlier run left is removed first. No network: nothing that is checked may need one. */
export async function startCheckerNode(): Promise<CheckerNode> {
  const { socketPath, settings } = await obtainLocalIncus();
  const client = createIncusClient({ socketPath });
  const remove = async () => {
    const stop = { query: { project }, body: { action: 'stop', force: true, timeout: -1 } };
    await client.change('PUT', apiPath(['instances', instance, 'state']), stop).catch(() => undefined);
    await client.remove(apiPath(['instances', instance]), { project });
    await client.remove(apiPath(['projects', project]));
  };
  await remove();
  const { target: fingerprint } = await client.get(
    apiPath(['images', 'aliases', settings.imageAlias]),
    z.object({ target: z.string() }),
  );
  const config = { 'features.images': 'false', 'features.profiles': 'true' };
  await client.change('POST', apiPath(['projects']), { body: { name: project, config } });
  await client.change('POST', apiPath(['instances']), {
    query: { project },
    body: {
      name: instance,
      type: 'container',
      start: true,
      profiles: [],
      source: { type: 'image', fingerprint },
      config: { 'limits.memory': '512MiB' },
      devices: { root: { type: 'disk', path: '/', pool: settings.pool } },
    },
  });
  const sh: CheckerNode['sh'] = async (script, args = [], stdin) => {
    const argv = ['sh', '-c', `exec 2>&1; ${script}`, 'sh', ...args];
    const request = { project, instance, argv, timeoutMs: 60_000, ...(stdin === undefined ? {} : { stdin }) };
    const { exitCode, stdout, stderr } = await execInInstance(client, request);
    return { exitCode, output: stdout + stderr };
  };
  const put: CheckerNode['put'] = async (path, text) => {
    const { exitCode, output } = await sh('mkdir -p "$(dirname "$1")" && cat >"$1"', [path], text);
    if (exitCode !== 0) throw new Error(`${path} could not be written: ${output}`);
  };
  return { sh, put, remove };
}
