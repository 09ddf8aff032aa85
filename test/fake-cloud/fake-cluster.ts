/**
 * The least of Pacemaker that the engine asks for: crm_mon's and the CIB tools' answers, made from what
 * the nodes were booted with. Everything runs on the first node as soon as there is a quorum. And the least of
 * HAProxy: what it has loaded, and that all servers of that are up.
 */
import { XmlDocument, type XmlElement } from 'libxml2-wasm';
import { parse } from 'yaml';
import type { NodeAccess, RunResult } from '../../src/clouds/cloud.ts';
import { Refusal } from '../../src/kernel/refusal.ts';
import { clusterOf, type FakeCluster, type FakeDeployment, type FakeNode, inSameCluster } from './world.ts';

const looksUntilFormed = 2;
const ok = (stdout = ''): RunResult => ({ exitCode: 0, stdout, stderr: '' });

export function fakeAccess(it: FakeDeployment, effect: (what: string, change: () => void) => void): NodeAccess {
  const running = (node: string): FakeNode => {
    const found = it.nodes[node];
    if (found?.power !== 'running') throw new Refusal('NODE_UNREACHABLE', `${node} does not run`, { retry: 'later' });
    return found;
  };
  return {
    async run(node, argv) {
      running(node);
      const command = argv.join(' ');
      if (command.includes('crm_mon')) return ok(look(it, node));
      const cluster = clusterOf(it, node);
      if (command === 'cibadmin --query') return ok(cluster.cib);
      if (command.startsWith('cibadmin --patch')) {
        effect('patch the CIB', () => void (cluster.cib = it.files[`${node}:/run/quorate-cib/wanted.xml`]));
        return ok();
      }
      if (command === 'corosync-cmapctl nodelist.') return ok(nodelist(confOf(it, node)));
      if (command === 'corosync-cfgtool -R') effect('reload corosync', () => reload(it, node));
      if (command.startsWith('crm_standby --node')) {
        const member = cluster.members[argv[2] ?? ''];
        if (member !== undefined) effect(`put ${argv[2]} into standby`, () => void (member.standby = true));
      }
      if (command.startsWith('systemctl disable --now')) {
        const member = cluster.members[node];
        if (member !== undefined) effect(`stop ${node}`, () => void (member.stopped = true));
      }
      if (command.startsWith('crm_node --force --remove'))
        effect(`forget ${argv[3]}`, () => delete cluster.members[argv[3] ?? '']);
      if (command.includes('show stat')) return ok(haproxySays(it, node));
      if (command.includes('haproxy-master.sock')) effect(`reload haproxy on ${node}`, () => reloadHaproxy(it, node));
      if (command.startsWith('rm -rf')) for (const path of Object.keys(it.files)) delete it.files[path];
      return ok();
    },
    async put(node, path, text) {
      running(node);
      effect(`put ${path}`, () => void (it.files[`${node}:${path}`] = text));
    },
    shell: async () => 0,
  };
}

export function bootFile(node: FakeNode, path: string): string {
  const document = parse(node.userData) as { write_files: { path: string; content: string }[] };
  return document.write_files.find((file) => file.path === path)?.content ?? '';
}

const confPath = '/etc/corosync/corosync.conf';

const confOf = (it: FakeDeployment, name: string): string => {
  const node = it.nodes[name];
  return clusterOf(it, name).corosyncConf ?? (node === undefined ? '' : bootFile(node, confPath));
};

const namesIn = (conf: string): readonly string[] =>
  [...conf.matchAll(/^\s*name: (\S+)$/gm)].map((match) => match[1] ?? '');

function nodelist(conf: string): string {
  const entries = [...conf.matchAll(/name: (\S+)\s+nodeid: (\d+)\s+ring0_addr: (\S+)/g)];
  return entries
    .map(([, name, id, address], index) => {
      const key = `nodelist.node.${index}`;
      return `${key}.name (str) = ${name}\n${key}.nodeid (u32) = ${id}\n${key}.ring0_addr (str) = ${address}\n`;
    })
    .join('');
}

/** Every living member reads its own file: they must be the same, or the cluster falls apart. */
function reload(it: FakeDeployment, asked: string): void {
  const cluster = clusterOf(it, asked);
  const living = Object.keys(cluster.members).filter(
    (name) => it.nodes[name]?.power === 'running' && !cluster.members[name]?.stopped,
  );
  const speaker = living[0] ?? '';
  const conf = it.files[`${speaker}:${confPath}`] ?? confOf(it, speaker);
  for (const name of living.filter((each) => namesIn(conf).includes(each)))
    if ((it.files[`${name}:${confPath}`] ?? confOf(it, name)) !== conf)
      throw new Error(`${name} would read another corosync.conf than ${speaker}`);
  cluster.corosyncConf = conf;
}

function look(it: FakeDeployment, name: string): string {
  const node = it.nodes[name];
  if (node === undefined) return '';
  const cluster = clusterOf(it, name);
  const conf = confOf(it, name);
  const listed = namesIn(conf);
  const running = Object.entries(it.nodes).filter(
    ([each, { power }]) => power === 'running' && inSameCluster(each, name),
  );
  // Time passes for all of them at once, whichever of them are asked.
  if (running[0]?.[0] === name) for (const [, each] of running) each.looks += 1;
  for (const member of listed) cluster.members[member] ??= { standby: false, stopped: false };
  const online = listed.filter((member) => {
    const each = it.nodes[member];
    return each?.power === 'running' && each.looks >= looksUntilFormed && cluster.members[member]?.stopped !== true;
  });
  const mark = '--- quorate ---\n';
  if (!online.includes(name)) return `${nodelist(conf)}${mark}`;
  cluster.cib ??= bootFile(node, '/var/lib/pacemaker/cib/cib.xml');
  const digest = /name="quorate-digest" value="([^"]*)"/.exec(cluster.cib)?.[1] ?? '';
  return `${nodelist(conf)}${mark}${crmMon(cluster, listed, online)}${mark}${digest}\n`;
}

function crmMon(cluster: FakeCluster, listed: readonly string[], online: readonly string[]): string {
  const quorate = online.length * 2 > listed.length;
  const host = online.find((name) => cluster.members[name]?.standby === false);
  using document = XmlDocument.fromString(cluster.cib ?? '');
  const resources = document.find('/cib/configuration/resources//primitive') as XmlElement[];
  const rows = resources.map((each) => {
    const [kind, provider, type] = ['class', 'provider', 'type'].map((name) => each.attr(name)?.value);
    const agent = [kind, provider, type].filter((part) => part !== undefined).join(':');
    const role = quorate ? 'Started' : 'Stopped';
    const place = quorate ? `<node name="${host}"/>` : '';
    return `<resource id="${each.attr('id')?.value}" resource_agent="${agent}" role="${role}" failed="false" blocked="false">${place}</resource>`;
  });
  const nodes = Object.entries(cluster.members).map(
    ([name, { standby }]) => `<node name="${name}" online="${online.includes(name)}" standby="${standby}"/>`,
  );
  return `<pacemaker-result><summary><current_dc present="true" name="${online[0]}" with_quorum="${quorate}"/>
<cluster_options stonith-enabled="true"/></summary><nodes>${nodes.join('')}</nodes>
<resources>${rows.join('')}</resources><status code="0"/></pacemaker-result>\n`;
}

const haproxyPath = '/etc/haproxy/haproxy.cfg';

function haproxySays(it: FakeDeployment, name: string): string {
  const node = it.nodes[name];
  const conf = it.files[`${name}:${haproxyPath}`] ?? (node === undefined ? '' : bootFile(node, haproxyPath));
  const rows = [...conf.matchAll(/^(?:listen (\S+)| +server (\S+) .*)$/gm)];
  const servers = rows.map(([, , server], index) => {
    const proxy = rows.slice(0, index).findLast(([, listener]) => listener !== undefined)?.[1];
    return server === undefined ? '' : `${proxy},${server},UP\n`;
  });
  return `${/^ *description .*$/m.exec(conf)?.[0].replace('description', 'description:')}\n# pxname,svname,status\n${servers.join('')}`;
}

function reloadHaproxy(it: FakeDeployment, node: string): void {
  const next = `${node}:${haproxyPath}.next`;
  it.files[`${node}:${haproxyPath}`] = it.files[next] ?? '';
  delete it.files[next];
}
