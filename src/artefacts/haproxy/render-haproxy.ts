/**
 * A cluster of load balancers -> haproxy.cfg, the same text on every one of them. One `listen` section for
 * each port of each VIP; behind it every node that may answer, and health checks that find those that do.
 * Refuses to know which load balancer holds a VIP, and where Pacemaker runs a service: HAProxy listens on
 * all VIPs everywhere and asks all nodes. Follows HAProxy's configuration manual, version 3.0.
 */
import { createHash } from 'node:crypto';
import { invariant } from '../../kernel/invariant.ts';
import { listenerName } from '../../topology/load-balancers.ts';
import type { Cluster, Listener, LoadBalancing, Node, Topology, Vip } from '../../topology/topology.ts';

/** Begins the `description` by which the running HAProxy tells what it has loaded. */
const mark = 'quorate-';

/** For a cluster with `loadBalancing`. */
export function renderHaproxy(topology: Topology, cluster: Cluster): string {
  return build(topology, cluster, haproxyDigest(topology, cluster));
}

/** Sixteen hexadecimal digits that change when anything of the configuration does. */
export const haproxyDigest = (topology: Topology, cluster: Cluster): string =>
  createHash('sha256')
    .update(build(topology, cluster, ''))
    .digest('hex')
    .slice(0, 16);

function build(topology: Topology, cluster: Cluster, digest: string): string {
  const { loadBalancing } = cluster;
  invariant(loadBalancing, `cluster ${cluster.name} balances`);
  const sections = cluster.vips.flatMap((vip) =>
    vip.listen.map((listener) => renderListener(topology, loadBalancing, vip, listener)),
  );
  return `${head(topology, digest)}${sections.join('')}`;
}

function head({ deployment }: Topology, digest: string): string {
  return `# Written by Quorate for ${deployment}; the same on every load balancer.
global
    description ${mark}${digest}
    # Changes of servers' health; not each request.
    log /dev/log local0 notice
    chroot /var/lib/haproxy
    user haproxy
    group haproxy
    # Two buffers of 16 KiB each: 128 MiB at most, what the smallest flavor can spare.
    maxconn 4000
    # The only place where it can be asked or told anything: this node's root.
    stats socket /run/haproxy/admin.sock mode 600 level admin expose-fd listeners
    # What a reload keeps of the servers' health; without it each would be taken for healthy again.
    server-state-file /run/haproxy/servers.state
    # After a reload the old process ends its connections in peace, but not for ever.
    hard-stop-after 10m

defaults
    log global
    load-server-state-from-file global
    # One link away, so a node that takes longer is dead or as good as: another one gets the request.
    timeout connect 1s
    timeout check 1s
    timeout queue 5s
    retries 3
    option redispatch 1
    # A silent node is out after 3 s at most, one that refuses after 1.3 s.
    default-server inter 1s fastinter 250ms fall 2 rise 1
    # What is under way on a node that fell silent ends after 5 s. Not when its check fails: that would also end
    # what is still being connected, and goes to another node otherwise.
    option srvtcpka
    srvtcpka-idle 2s
    srvtcpka-intvl 1s
    srvtcpka-cnt 3
`;
}

function renderListener(topology: Topology, balancing: LoadBalancing, vip: Vip, listener: Listener): string {
  const lines = [
    // Not only bound before the address is here: what is under way is still answered from it when it has moved.
    `bind ${vip.address}:${listener.port} transparent`,
    `balance ${balancing.balance}`,
    // A node that goes takes along only its own clients.
    ...(balancing.balance === 'source' ? ['hash-type consistent'] : []),
    ...(isHttp(listener) ? httpLines(balancing) : tcpLines),
    ...checkLines(listener),
    ...nodesBehind(topology, balancing, vip, listener).map((node) => serverLine(balancing, listener, node)),
  ];
  return `
listen ${listenerName(vip.name, listener.port)}
${lines.map((line) => `    ${line}\n`).join('')}`;
}

/** What answers an HTTP check speaks HTTP on that port. */
const isHttp = ({ check }: Listener): boolean => typeof check === 'object';

/** Idle connections of a database's clients are none of our business; a dead peer is found by TCP itself. */
const tcpLines = ['mode tcp', 'option clitcpka', 'timeout client 1h', 'timeout server 1h'];

const httpLines = ({ clientAddress }: LoadBalancing): readonly string[] => [
  'mode http',
  'timeout http-request 10s',
  'timeout http-keep-alive 10s',
  'timeout client 60s',
  'timeout server 60s',
  'timeout tunnel 1h',
  // What cannot have had an effect is asked of another node when the first one goes away in the middle of it.
  'retry-on conn-failure empty-response',
  'http-request disable-l7-retry unless { method GET HEAD OPTIONS }',
  // The one that we saw, not one that a client claims.
  ...(clientAddress === 'x-forwarded-for' ? ['http-request del-header X-Forwarded-For', 'option forwardfor'] : []),
];

function checkLines({ check }: Listener): readonly string[] {
  if (typeof check === 'string') return [];
  return ['option httpchk', `http-check send meth GET uri ${quote(check.http)} ver HTTP/1.1 hdr Host localhost`];
}

function nodesBehind(topology: Topology, { behind }: LoadBalancing, vip: Vip, listener: Listener): readonly Node[] {
  const cluster = topology.clusters.find(({ name }) => name === behind);
  invariant(cluster, `there is a cluster ${behind} behind the load balancers`);
  const role = cluster.services.find(({ name }) => name === listener.service)?.role ?? vip.role;
  return role === undefined ? cluster.members : cluster.remotes.filter(({ tier }) => tier === role);
}

function serverLine({ clientAddress }: LoadBalancing, { to, check }: Listener, node: Node): string {
  const link = node.addresses.find(({ network }) => network === 'backend');
  invariant(link, `${node.name} is on the network of the load balancers`);
  const words = [
    `server ${node.name} ${link.address}:${to}`,
    ...(check === 'none' ? [] : ['check']),
    // HAProxy's checks then send it too.
    ...(clientAddress === 'proxy-protocol' ? ['send-proxy-v2'] : []),
  ];
  return words.join(' ');
}

/** Between single quotes HAProxy takes everything as it is (section 2.2 of its manual). */
const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
