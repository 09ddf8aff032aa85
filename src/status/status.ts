/**
 * What was observed, judged and put in the field's terms: who is a member, who holds what, is it quorate,
 * is fencing armed. Made from raw observations by `derive-status.ts`; knows no cloud and no tool's output.
 */

export type NodeStatus =
  | { readonly state: 'absent' }
  /** The cloud has it, and it does not run. */
  | { readonly state: 'stopped' }
  /** It runs; the cluster does not know it as a member yet. */
  | { readonly state: 'booting' }
  /** Runs in the cloud, lost by the cluster, to be fenced. */
  | { readonly state: 'unclean' }
  | { readonly state: 'offline' }
  /** A member whose Pacemaker is not ready to run resources yet. */
  | { readonly state: 'joining' }
  | { readonly state: 'standby' }
  | { readonly state: 'maintenance' }
  | { readonly state: 'online' }
  | { readonly state: 'error'; readonly detail: string };

export type ResourceStatus = {
  readonly id: string;
  readonly agent: string;
  /** Nodes it runs on; empty when stopped. */
  readonly nodes: readonly string[];
  readonly state: 'started' | 'stopped' | 'failed' | 'blocked' | 'changing';
  /** For promotable clones: where it is promoted. */
  readonly promotedOn: readonly string[];
};

/** A clone that is started, and a node where it should run too and does not. */
export type MissingInstance = { readonly id: string; readonly node: string };

/** One failed fencing or resource operation that the cluster still remembers. */
export type Failure = { readonly what: string; readonly node: string; readonly reason: string };

export type FencingEvent = {
  readonly target: string;
  readonly action: string;
  readonly state: 'success' | 'failed' | 'pending';
  /** As Pacemaker prints it; empty while pending. */
  readonly completed: string;
};

export type ClusterStatus = {
  readonly name: string;
  /** No member answered: nothing below is known. */
  readonly reachable: boolean;
  readonly quorate: boolean;
  /** Node elected designated controller (DC). */
  readonly dc: string | undefined;
  readonly fencing: 'armed' | 'failed' | 'disabled' | 'unknown';
  readonly resources: readonly ResourceStatus[];
  readonly missingInstances: readonly MissingInstance[];
  readonly failures: readonly Failure[];
  readonly fencingHistory: readonly FencingEvent[];
  /** Names in the node list that corosync runs with; undefined until known. */
  readonly corosyncMembers: readonly string[] | undefined;
  /** Members that Pacemaker knows and the topology does not: on their way out. */
  readonly leaving: Readonly<Record<string, NodeStatus>>;
  /** The same of remote nodes. */
  readonly leavingRemotes: Readonly<Record<string, NodeStatus>>;
  /** What `update-resources` compares; undefined until known. */
  readonly appliedDigest: string | undefined;
  /** By node: the digest of the configuration that its HAProxy has; undefined where there are no load balancers. */
  readonly balancers?: Readonly<Record<string, string>>;
};

export type VipStatus = {
  readonly name: string;
  readonly address: string;
  readonly outside: string | undefined;
  readonly ports: readonly number[];
  /** undefined: nobody. */
  readonly heldBy: string | undefined;
};

/** A port of a VIP on the load balancers, as the one that holds the VIP sees the nodes behind. */
export type ListenerStatus = {
  readonly vip: string;
  readonly port: number;
  /** Nodes that get traffic. */
  readonly answering: readonly string[];
  readonly silent: readonly string[];
};

export type VolumeStatus = {
  readonly name: string;
  readonly sizeGiB: number;
  readonly mount: string;
  readonly state: 'present' | 'absent';
  readonly mountedOn: string | undefined;
};

export type DeploymentState = 'absent' | 'creating' | 'ready' | 'degraded' | 'down' | 'deleting';

export type DeploymentStatus = {
  readonly deployment: string;
  readonly state: DeploymentState;
  /** One sentence: why it is in this state. */
  readonly because: string;
  readonly nodes: Readonly<Record<string, NodeStatus>>;
  readonly clusters: readonly ClusterStatus[];
  readonly vips: readonly VipStatus[];
  /** Of the VIPs that a load balancer holds and tells of. */
  readonly listeners: readonly ListenerStatus[];
  readonly volumes: readonly VolumeStatus[];
  /** Machines of the cloud that carry nodes, and which; empty where the cloud does not tell. */
  readonly hosts: readonly HostStatus[];
};

/** A machine that dies takes all of its nodes with it. */
export type HostStatus = { readonly host: string; readonly nodes: readonly string[] };
