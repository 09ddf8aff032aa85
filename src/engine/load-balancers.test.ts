import { describe, expect, it } from 'vitest';
import type { NodeAccess, RunResult } from '../clouds/cloud.ts';
import { deriveTopology } from '../topology/derive.ts';
import { emptyRoster } from '../topology/topology.ts';
import { balancedText, specFrom } from './engine-test-kit.ts';
import { updateLoadBalancers } from './load-balancers.ts';

const { topology } = deriveTopology(specFrom(balancedText), emptyRoster);
const cluster = topology.clusters.find(({ name }) => name === 'lb');
if (cluster === undefined) throw new Error('no load balancers');

const update = (result: Partial<RunResult>) => {
  const put: string[] = [];
  const access: NodeAccess = {
    run: async () => ({ exitCode: 0, stdout: '', stderr: '', ...result }),
    put: async (node, path) => void put.push(`${node} ${path}`),
    shell: async () => 0,
  };
  return { put, done: updateLoadBalancers(access, topology, cluster, ['lb-1', 'lb-2']) };
};

describe('another configuration', () => {
  it('is put beside the one in force, on every node that is named', async () => {
    const { put, done } = update({});
    await done;
    expect(put).toEqual(['lb-1 /etc/haproxy/haproxy.cfg.next', 'lb-2 /etc/haproxy/haproxy.cfg.next']);
  });

  it('that HAProxy finds wrong is refused for good, in its words', async () => {
    await expect(update({ exitCode: 65, stderr: '[ALERT] unknown keyword\n' }).done).rejects.toMatchObject({
      code: 'CLUSTER_REFUSED',
      retry: 'never',
      message: expect.stringContaining('[ALERT] unknown keyword') as string,
    });
  });

  it('that was not loaded is tried again', async () => {
    await expect(update({ exitCode: 1, stderr: 'Success=0\n' }).done).rejects.toMatchObject({ retry: 'later' });
  });
});
