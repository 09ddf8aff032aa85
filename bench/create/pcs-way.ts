/**
 * As pcs' manual has it: authenticate the hosts, set up and start the cluster and wait until it runs, then make
 * the resources. The last step in the two usual forms: each command on the live cluster, or all on a copy of the
 * CIB that is pushed once, which is what pcs recommends for more than one change.
 */
import { randomBytes } from 'node:crypto';
import { invariant } from '../../src/kernel/invariant.ts';
import { everywhere, type IdleNodes, onNode } from './idle-nodes.ts';
import { pcsCommands } from './pcs-commands.ts';
import { phases, type Way } from './way.ts';

type Change = 'live' | 'pushed';

export const pcsWay = (change: Change): Way => {
  // Of hacluster, pcsd's user: made for these nodes alone and gone with them.
  const password = randomBytes(16).toString('hex');
  return {
    name: change === 'live' ? 'pcs, live commands' : 'pcs, one CIB push',
    prepare: (nodes) => everywhere(nodes, `chpasswd; ${startPcsd}`, `hacluster:${password}\n`),
    form: (nodes) => {
      const [first = ''] = nodes.names;
      const run = (script: string, stdin = '') => onNode(nodes.access, first, script, stdin);
      const hosts = addressed(nodes);
      return phases({
        'host auth': () => run(`pcs host auth ${hosts} -u hacluster`, `${password}\n`),
        'setup, start, wait': () =>
          run(`pcs cluster setup ${nodes.topology.deployment} ${hosts} ${totemOf(nodes)} --start --wait`),
        resources: () => run(change === 'live' ? liveScript(nodes) : pushScript(nodes)),
      });
    },
  };
};

/**
 * pcs writes no section `system`, and without allow_knet_handle_fallback corosync does not start in an
 * unprivileged container: hence the unit's extra line that adds it, so that pcs' own command is used as it is.
 */
const startPcsd = String.raw`mkdir -p /etc/systemd/system/corosync.service.d
cat >/usr/local/sbin/allow-knet-fallback <<'END'
#!/bin/sh
grep -q allow_knet /etc/corosync/corosync.conf ||
printf 'system {\n    allow_knet_handle_fallback: yes\n}\n' >>/etc/corosync/corosync.conf
END
chmod 755 /usr/local/sbin/allow-knet-fallback
printf '[Service]\nExecStartPre=/usr/local/sbin/allow-knet-fallback\n' >/etc/systemd/system/corosync.service.d/bench.conf
systemctl daemon-reload
systemctl start pcsd
for i in $(seq 100); do curl --insecure --silent --output /dev/null https://127.0.0.1:2224/ && exit 0; sleep 0.2; done
exit 1`;

function addressed({ cluster }: IdleNodes): string {
  return cluster.members
    .map(({ name, addresses }) => {
      const link = addresses.find(({ network }) => network === cluster.heartbeat);
      invariant(link, `${name} is on its cluster's network`);
      return `${name} addr=${link.address}`;
    })
    .join(' ');
}

/** The same failure detection in both clusters. */
function totemOf({ files }: IdleNodes): string {
  const conf = contentOf(files, '/etc/corosync/corosync.conf');
  const options = ['token', 'token_coefficient', 'consensus'].map((key) => {
    const value = new RegExp(`^\\s*${key}: (\\d+)$`, 'm').exec(conf)?.[1];
    return `${key}=${value}`;
  });
  return `totem ${options.join(' ')}`;
}

const commandsOf = ({ files }: IdleNodes) =>
  pcsCommands(contentOf(files, '/var/lib/pacemaker/cib/cib.xml')).map((words) => words.map(quote).join(' '));

const liveScript = (nodes: IdleNodes): string =>
  commandsOf(nodes)
    .map((command) => `pcs ${command}`)
    .join('\n');

const pushScript = (nodes: IdleNodes): string =>
  [
    'pcs cluster cib before.xml',
    'cp before.xml after.xml',
    ...commandsOf(nodes).map((command) => `pcs -f after.xml ${command}`),
    'pcs cluster cib-push after.xml diff-against=before.xml',
  ].join('\n');

const contentOf = (files: IdleNodes['files'], path: string): string => {
  const file = files.find((each) => each.path === path);
  invariant(file, `a member gets ${path}`);
  return file.content;
};

const quote = (word: string): string => (/^[\w.,:=/+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
