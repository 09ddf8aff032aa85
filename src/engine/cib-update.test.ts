import { describe, expect, it } from 'vitest';
import { renderCib } from '../artefacts/cib/render-cib.ts';
import type { NodeAccess, RunResult } from '../clouds/cloud.ts';
import { deriveTopology } from '../topology/derive.ts';
import { type Cluster, emptyRoster } from '../topology/topology.ts';
import { updateResources } from './cib-update.ts';
import { shopText, specFrom } from './engine-test-kit.ts';

const clusterOf = (text: string) => deriveTopology(specFrom(text), emptyRoster).topology.clusters[0] as Cluster;
const running = clusterOf(shopText);
const wanted = clusterOf(shopText.replace('name: www', 'name: site'));
const quorate = `--- quorate ---
<pacemaker-result><summary><current_dc present="true" name="app-1" with_quorum="true"/></summary><status code="0"/></pacemaker-result>
--- quorate ---
`;

/** A member whose tools answer as told, by the command's first words; what was run and put, in order. */
function member(answers: Readonly<Record<string, (time: number) => Partial<RunResult>>>) {
  const ran: string[] = [];
  const files = new Map<string, string>();
  const access: NodeAccess = {
    async run(_node, argv) {
      const command = argv.join(' ');
      const known = Object.keys(answers).find((start) => command.includes(start));
      const time = ran.filter((before) => known !== undefined && before.includes(known)).length + 1;
      ran.push(command);
      if (command.startsWith('rm -rf')) files.clear();
      const usual = command.includes('crm_mon')
        ? { stdout: quorate }
        : command.includes('--query')
          ? { stdout: renderCib('shop', running) }
          : {};
      return { exitCode: 0, stdout: '', stderr: '', ...(known === undefined ? usual : answers[known]?.(time)) };
    },
    put: async (_node, path, text, mode) => {
      expect(mode).toBe(0o600);
      files.set(path, text);
    },
    shell: async () => 0,
  };
  return { access, ran, files, patches: () => ran.filter((command) => command.startsWith('cibadmin --patch')).length };
}

describe('an update of a cluster’s resources', () => {
  it('is a patch above the live epoch, and leaves no file behind', async () => {
    let sent = '';
    const node = member({
      'cibadmin --patch': () => ((sent = node.files.get('/run/quorate-cib/wanted.xml') ?? ''), {}),
    });
    await updateResources(node.access, 'shop', wanted);
    expect(sent).toContain('id="site"');
    expect(sent).toMatch(/<cib [^>]*epoch="2"/);
    expect(node.files.size).toBe(0);
  });

  it('is made again from a fresh look when the cluster changed meanwhile', async () => {
    const node = member({ 'cibadmin --patch': (time) => ({ exitCode: time < 3 ? 103 : 0 }) });
    await updateResources(node.access, 'shop', wanted);
    expect(node.patches()).toBe(3);
    expect(node.ran.filter((command) => command === 'cibadmin --query')).toHaveLength(3);
  });

  it('is left for later when the cluster never holds still', async () => {
    const node = member({ 'cibadmin --patch': () => ({ exitCode: 103, stderr: 'Update was older' }) });
    await expect(updateResources(node.access, 'shop', wanted)).rejects.toMatchObject({
      code: 'CLUSTER_REFUSED',
      retry: 'later',
    });
    expect(node.patches()).toBe(5);
    expect(node.files.size).toBe(0);
  });

  it('that Pacemaker finds wrong is refused in its words and never sent', async () => {
    const node = member({
      'crm_verify --verbose --xml-file /run/quorate-cib/wanted.xml': () => ({ exitCode: 78, stderr: 'no such agent' }),
    });
    await expect(updateResources(node.access, 'shop', wanted)).rejects.toMatchObject({
      code: 'CLUSTER_REFUSED',
      retry: 'never',
      message: expect.stringContaining('no such agent') as string,
    });
    expect(node.patches()).toBe(0);
    expect(node.files.size).toBe(0);
  });

  it('is sent although the running CIB has warnings of its own', async () => {
    const node = member({ crm_verify: () => ({ exitCode: 78, stderr: 'somebody else’s resource is odd' }) });
    await updateResources(node.access, 'shop', wanted);
    expect(node.patches()).toBe(1);
  });

  it('waits for a member with quorum', async () => {
    const node = member({ crm_mon: () => ({ stdout: quorate.replace('with_quorum="true"', 'with_quorum="false"') }) });
    await expect(updateResources(node.access, 'shop', wanted)).rejects.toMatchObject({
      code: 'CLUSTER_REFUSED',
      retry: 'later',
    });
    expect(node.patches()).toBe(0);
  });
});
