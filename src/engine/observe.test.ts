import { describe, expect, it } from 'vitest';
import { fakeCloud } from '../../test/fake-cloud/fake-cloud.ts';
import { emptyWorld, nothingYet } from '../../test/fake-cloud/world.ts';
import type { Cloud, NodeAccess } from '../clouds/cloud.ts';
import { Refusal } from '../kernel/refusal.ts';
import { deriveTopology } from '../topology/derive.ts';
import { allNodes, emptyRoster } from '../topology/topology.ts';
import { shopText, specFrom } from './engine-test-kit.ts';
import { observeDeployment } from './observe.ts';

const { topology } = deriveTopology(specFrom(`${shopText}cluster: {nodes: 7}\n`), emptyRoster);
const mark = '--- quorate ---\n';
const view = (node: string, quorum: boolean) =>
  `conf of ${node}\n${mark}<pacemaker-result><summary><current_dc present="true" name="${node}" with_quorum="${quorum}"/></summary><status code="0"/></pacemaker-result>\n${mark}abc123\n`;

function cloudWhose(answers: (node: string) => string | Refusal) {
  const world = emptyWorld();
  const shop = nothingYet();
  for (const node of allNodes(topology)) shop.nodes[node.name] = { power: 'running', userData: '', looks: 0 };
  world.deployments.shop = shop;
  const asked: string[] = [];
  const access: NodeAccess = {
    async run(node) {
      asked.push(node);
      const answer = answers(node);
      if (answer instanceof Refusal) throw answer;
      return { exitCode: 0, stdout: answer, stderr: '' };
    },
    put: async () => undefined,
    shell: async () => 0,
  };
  const cloud: Cloud = { ...fakeCloud(world, () => undefined), access: () => access };
  return { cloud, asked };
}

const unreachable = new Refusal('NODE_UNREACHABLE', 'no answer', { retry: 'later' });

describe('a look at a cluster', () => {
  it('takes the view of a member with quorum over those cut off from it', async () => {
    const { cloud } = cloudWhose((node) => view(node, node === 'app-5'));
    const { members } = await observeDeployment(cloud, topology, undefined);
    expect(members.app).toMatchObject({ node: 'app-5', nodelist: 'conf of app-5\n', appliedDigest: 'abc123' });
  });

  it('asks no more members than it needs', async () => {
    const { cloud, asked } = cloudWhose((node) => view(node, true));
    await observeDeployment(cloud, topology, undefined);
    expect(asked).toEqual(['app-1', 'app-2', 'app-3']);
  });

  it('of which nobody answers is a fact, not an error', async () => {
    const { cloud, asked } = cloudWhose(() => unreachable);
    expect((await observeDeployment(cloud, topology, undefined)).members).toEqual({});
    expect(asked).toHaveLength(7);
  });

  it('knows what a member was booted with before its Pacemaker answers', async () => {
    const { cloud } = cloudWhose((node) =>
      node === 'app-2' ? `conf\n${mark}<pacemaker-result><status code="102"/></pacemaker-result>\n` : unreachable,
    );
    const { members } = await observeDeployment(cloud, topology, undefined);
    expect(members.app).toEqual({
      node: 'app-2',
      nodelist: 'conf\n',
      crmMonXml: undefined,
      appliedDigest: undefined,
    });
  });
});
