/**
 * What a specification means: every cluster, node, network, address, VIP and volume, by name, decided
 * before anything exists. One generic model; the four scenarios are presets of it.
 */

export type Scenario = 'basic' | 'balanced' | 'balanced-storage' | 'large';

export type NetworkName = 'cluster' | 'services' | 'lb-cluster' | 'public' | 'backend' | 'storage-cluster' | 'storage';

export type Network = {
  readonly name: NetworkName;
  /** `10.77.8.0/24` */
  readonly cidr: string;
  readonly prefix: number;
  /** The first address; the router's where there is one. */
  readonly gateway: string;
  /** Routed to the external network. A network without it has no way out. */
  readonly routed: boolean;
};

export type Address = { readonly network: NetworkName; readonly address: string; readonly prefix: number };

export type Node = {
  /** Host name, corosync node name and instance name: `app-1`. */
  readonly name: string;
  /** `app`, `lb`, `storage`, `core`, or the role's name. */
  readonly tier: string;
  /** `member` runs corosync, `remote` runs pacemaker_remoted. */
  readonly kind: 'member' | 'remote';
  /** Counts from 1 within the tier; a corosync node id for members. Never reused. */
  readonly id: number;
  readonly flavor: string;
  /** One an attached network; the first is the cluster's own. */
  readonly addresses: readonly Address[];
};

export type Vip = {
  readonly name: string;
  readonly network: NetworkName;
  /** Inside, on `network`. */
  readonly address: string;
  readonly prefix: number;
  readonly external: 'auto' | 'none' | { readonly address: string };
  /** TCP ports let in from outside; empty when `external` is none. */
  readonly ports: readonly number[];
  /** Networks from which those ports may be reached; undefined: from anywhere. */
  readonly from?: readonly string[];
  /** The role whose remote nodes may hold it; undefined: the members. */
  readonly role?: string;
  /** What load balancers listen on; empty without them. */
  readonly listen: readonly Listener[];
};

export type Listener = {
  readonly port: number;
  /** Port of the nodes behind. */
  readonly to: number;
  /** The service that answers there, on whichever nodes Pacemaker runs it; undefined: every node answers. */
  readonly service?: string;
  readonly check: 'tcp' | 'none' | { readonly http: string };
};

/** How a cluster's VIPs pass their traffic on. */
export type LoadBalancing = {
  /** Name of the cluster whose nodes are behind. */
  readonly behind: string;
  readonly balance: 'roundrobin' | 'leastconn' | 'source';
  readonly clientAddress: 'x-forwarded-for' | 'proxy-protocol' | 'none';
};

export type Volume = {
  readonly name: string;
  readonly sizeGiB: number;
  readonly mount: string;
  /** What a node gets of it: a directory with files, or a block device that holds an ext4 file system. */
  readonly form: 'directory' | 'block';
  /** `shared`: attached to every node that may mount it. `moving`: to the one that does. `auto`: not decided yet. */
  readonly attach: 'auto' | 'shared' | 'moving';
  /** The role whose remote nodes may mount it; undefined: the members. */
  readonly role?: string;
};

export type Operation = {
  readonly name: string;
  readonly interval?: string;
  readonly timeout?: string;
  readonly onFail?: string;
  readonly role?: string;
};

export type Service = {
  readonly name: string;
  readonly agent: { readonly class: 'systemd' | 'ocf'; readonly provider?: string; readonly type: string };
  readonly params: Readonly<Record<string, string>>;
  readonly operations: readonly Operation[];
  readonly run: 'single' | 'clone' | 'promotable';
  /** Names of VIPs, volumes and shares of the same cluster. */
  readonly with: readonly string[];
  /** The role whose remote nodes it runs on; undefined: the members. */
  readonly role?: string;
};

/** A share as a node that uses it mounts it; every node of the cluster does. */
export type ShareMount = {
  readonly name: string;
  readonly mount: string;
  readonly protocol: ShareProtocol;
  /** What mounts it: the kernel, or a FUSE client where the kernel may not (unprivileged containers). */
  readonly client: 'kernel' | 'fuse';
  /** Address of the VIP that it is served on. */
  readonly server: string;
  /** The directory that the server exports. */
  readonly directory: string;
};

/** What a storage cluster does: one server for all shares, at one address, with volumes that move with it. */
export type ShareServer = {
  readonly protocol: ShareProtocol;
  /** TCP; all that has to be let in from `clients`. */
  readonly port: number;
  /** The network of those who may use the shares; nobody else may. */
  readonly clients: string;
  /** Of its VIP. */
  readonly address: string;
  /** What the next server has to know of this one's clients: on the first share's volume, and not exported. */
  readonly stateDirectory: string;
  readonly shares: readonly { readonly name: string; readonly directory: string }[];
};

export type ShareProtocol = 'nfs' | 'samba';

export type NodeFile = { readonly path: string; readonly content: string; readonly mode: string };

export type Cluster = {
  /** `app`, `lb`, `storage`, `core`; unique in the deployment. */
  readonly name: string;
  /** Network of corosync's only link. */
  readonly heartbeat: NetworkName;
  readonly failureDetection: 'fast' | 'standard' | 'tolerant';
  /** How soon its cloud confirms that a node is off: `prompt` within seconds, `slow` perhaps after more than a minute. */
  readonly powerOff: 'prompt' | 'slow';
  readonly members: readonly Node[];
  readonly remotes: readonly Node[];
  readonly vips: readonly Vip[];
  readonly volumes: readonly Volume[];
  readonly services: readonly Service[];
  /** Shares of the storage cluster that every node of this one mounts. */
  readonly shares: readonly ShareMount[];
  /** Of a storage cluster: what its volumes and VIPs are for. */
  readonly serves?: ShareServer;
  /** By tier: what the person wants on every node of it. */
  readonly files: Readonly<Record<string, readonly NodeFile[]>>;
  /** Of a cluster of load balancers only. */
  readonly loadBalancing?: LoadBalancing;
  readonly raw: { readonly resources?: string; readonly constraints?: string };
};

export type Topology = {
  readonly deployment: string;
  readonly cloud: string;
  readonly scenario: Scenario;
  readonly image: string | undefined;
  /** A tenant of its own by this name; undefined: the project of the credential. The local cloud always makes one. */
  readonly tenant: string | undefined;
  readonly networks: readonly Network[];
  readonly clusters: readonly Cluster[];
};

/**
 * What was handed out and must never change or be given to another: the memory that keeps names, ids and
 * addresses stable while the specification changes. Part of the desired state, never observed.
 */
export type Roster = {
  /** By tier: the ids in use, ascending, and the next one never used. */
  readonly tiers: Readonly<Record<string, { readonly live: readonly number[]; readonly next: number }>>;
  /** Host number within every network, by `node/app-1` and `vip/web`. */
  readonly hosts: Readonly<Record<string, number>>;
  /** By volume: how the cloud was found to attach what the specification leaves to it. Decided once. */
  readonly attach: Readonly<Record<string, DecidedAttach>>;
};

export type DecidedAttach = 'shared' | 'moving';

export const emptyRoster: Roster = { tiers: {}, hosts: {}, attach: {} };

/**
 * The VIP by which Quorate reaches the nodes by SSH, on a cloud where it cannot enter them otherwise: an
 * address like any other, on the network with a way out, that Pacemaker keeps on a living member.
 */
export const entryVip = 'entry';

/** Whether Quorate enters the nodes by SSH. */
export const hasEntry = (topology: Topology): boolean =>
  topology.clusters.some(({ vips }) => vips.some(({ name }) => name === entryVip));

export const allNodes = (topology: Topology): readonly Node[] =>
  topology.clusters.flatMap((cluster) => [...cluster.members, ...cluster.remotes]);
