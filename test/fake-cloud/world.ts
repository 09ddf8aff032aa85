/** What exists outside of Quorate in a test: it outlives every engine that is killed. Plain data. */
import type { DeploymentMemory } from '../../src/clouds/cloud.ts';

export type FakeNode = {
  power: 'running' | 'stopped';
  userData: string;
  /** How often the cluster was looked at since it started: it takes a few looks to come up. */
  looks: number;
};

export type FakeCluster = {
  /** The live CIB once it has formed. */
  cib: string | undefined;
  /** corosync.conf that corosync runs with after a reload; before that, what the nodes were booted with. */
  corosyncConf: string | undefined;
  /** Nodes that Pacemaker knows, by name. */
  members: Record<string, { standby: boolean; stopped: boolean }>;
};

export type FakeDeployment = {
  tenant: boolean;
  /** The certificate that may use the tenant. */
  credential: string | undefined;
  networks: string[];
  volumes: string[];
  outside: Record<string, { address: string; ports: number[] }>;
  nodes: Record<string, FakeNode>;
  /** By name. */
  clusters: Record<string, FakeCluster>;
  /** By `node:path`. */
  files: Record<string, string>;
  /** What another engine may adopt it by. */
  memory: DeploymentMemory | undefined;
};

export type World = { deployments: Record<string, FakeDeployment> };

export const emptyWorld = (): World => ({ deployments: {} });

export const nothingYet = (): FakeDeployment => ({
  tenant: false,
  credential: undefined,
  networks: [],
  volumes: [],
  outside: {},
  nodes: {},
  clusters: {},
  files: {},
  memory: undefined,
});

const nameOf = (node: string): string => node.replace(/-\d+$/, '');

/** The cluster that a member belongs to, by the member's name. */
export const clusterOf = (it: FakeDeployment, node: string): FakeCluster =>
  (it.clusters[nameOf(node)] ??= { cib: undefined, corosyncConf: undefined, members: {} });

export const inSameCluster = (one: string, other: string): boolean => nameOf(one) === nameOf(other);
