/** What a load balancer needs on its disk beside what every member has. */
import type { Cluster, NodeFile, Topology } from '../../topology/topology.ts';
import { renderHaproxy } from './render-haproxy.ts';

export const haproxyPath = '/etc/haproxy/haproxy.cfg';

/** None for a cluster that balances nothing. */
export function loadBalancerFiles(topology: Topology, cluster: Cluster): readonly NodeFile[] {
  if (cluster.loadBalancing === undefined) return [];
  return [
    { path: haproxyPath, content: renderHaproxy(topology, cluster), mode: '0644' },
    { path: '/etc/systemd/system/haproxy.service.d/quorate.conf', content: haproxyUnit, mode: '0644' },
    { path: '/etc/systemd/system/pacemaker.service.d/haproxy.conf', content: pacemakerUnit, mode: '0644' },
  ];
}

/** Stopped by Pacemaker when the node is drained, its VIPs gone already: systemd(1) alone would end all at once. */
const haproxyUnit = `[Service]
# SIGUSR1: no new connections, and an end when those there are have ended; after 5 s SIGTERM.
ExecStop=-/bin/sh -c 'kill -USR1 $MAINPID && timeout 5 tail --pid=$MAINPID -f /dev/null'
`;

/**
 * A load balancer that comes back gets its VIPs in the transition in which Pacemaker would start HAProxy there, and
 * they would be nowhere until it runs: 3 s. One that runs already is found running, and they are away for 0.4 s.
 */
const pacemakerUnit = `[Unit]
Wants=haproxy.service
After=haproxy.service
`;
