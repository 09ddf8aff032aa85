/**
 * The one port between Quorate and a cloud. Every call is idempotent, adopts what it finds by name and
 * tag, and may be cut off at any instant and made again. A cloud decides nothing: what is to be done
 * comes from `plan`, in the steps' order.
 */
import type { NodeBoot } from '../artefacts/node-boot.ts';
import type { Diagnostic } from '../kernel/diagnostic.ts';
import type { CloudObservation } from '../status/observation.ts';
import type { DecidedAttach, Roster, Topology } from '../topology/topology.ts';

export type { NodeBoot };

/**
 * What the nodes must know of the cloud they live in so that `fence_quorate` and the volume agents can
 * call it: put on every node as `/etc/quorate/cloud.json`, mode 0600. A secret.
 */
export type NodeCloudAccess = Readonly<Record<string, unknown>>;

/** Secrets of one deployment; made once by the engine, kept sealed in its store. */
export type DeploymentSecrets = {
  /** Base64 of 256 random bytes, one a cluster: corosync's and pacemaker_remote's key. */
  readonly authkeys: Readonly<Record<string, string>>;
  /** Of the user of a storage cluster's Samba. */
  readonly sharePassword: string;
  /** PEM; the only credential that nodes of the local cloud hold. */
  readonly nodeCertificate: string;
  readonly nodeKey: string;
  /** Of the nodes' application credential, chosen by us, so that a repeated creation makes the same one. */
  readonly credentialSecret: string;
  /** Of the deployment's own user, where it has a tenant of its own. */
  readonly tenantPassword: string;
  /** Quorate's way into the nodes by SSH. */
  readonly sshKey: SshKeyPair;
  /**
   * The nodes' host key, pinned before the first connection. One a deployment: its nodes are one trust domain
   * already (each holds the same authkey), and a node that is replaced stays who it is.
   */
  readonly hostKey: SshKeyPair;
};

/** Ed25519, in OpenSSH's own formats (PROTOCOL.key, sshd(8) "AUTHORIZED_KEYS FILE FORMAT"). */
export type SshKeyPair = { readonly privateKey: string; readonly publicKey: string };

/**
 * What lets another Quorate adopt the deployment when its store is lost. The cloud keeps it and understands
 * nothing of it: the secrets are sealed with a key that stays beside the store.
 */
export type DeploymentMemory = {
  readonly specText: string;
  readonly roster: Roster;
  readonly sealedSecrets: Readonly<Record<string, string>>;
};

export type RunResult = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

/** A way to one node, whatever carries it (exec of the local cloud, SSH). */
export type NodeAccess = {
  /** Throws NODE_UNREACHABLE; a command that exits non-zero is a result, not an error. */
  run(node: string, argv: readonly string[], options?: { stdin?: string; timeoutMs?: number }): Promise<RunResult>;
  /** Replaces the file as a whole; owner root. */
  put(node: string, path: string, text: string, mode?: number): Promise<void>;
  /** An interactive terminal joined to this process's own; resolves to the exit code. */
  shell(node: string, argv: readonly string[]): Promise<number>;
};

export type Cloud = {
  readonly kind: 'local' | 'openstack';
  /** Everything that would stop `apply`, at once: unreachable, taken, too small. Changes nothing. */
  preflight(topology: Topology): Promise<readonly Diagnostic[]>;
  observe(topology: Topology): Promise<CloudObservation>;
  /** How a volume of `attach: auto` is attached here: asked of the cloud itself, which may need a probe. */
  decideAttach(topology: Topology): Promise<DecidedAttach>;
  /** Tenant and the deployment's credential in it. */
  ensureTenant(topology: Topology, secrets: DeploymentSecrets): Promise<void>;
  /** Networks, volumes, the VIPs' outside addresses: whatever of them is missing. */
  ensureGround(topology: Topology): Promise<void>;
  /** Keeps the memory with the deployment, in place of an older one; undefined where a cloud cannot. */
  readonly remember?: (topology: Topology, memory: DeploymentMemory) => Promise<void>;
  /** What was last remembered; undefined when nothing of that name is there. */
  readonly recall?: (deployment: string) => Promise<DeploymentMemory | undefined>;
  /** To be rendered into the nodes' user data; valid from `ensureGround` on. */
  nodeAccess(topology: Topology, secrets: DeploymentSecrets): Promise<NodeCloudAccess>;
  /** Creates and starts the nodes given, in parallel; one that exists is left as it is, but started. */
  ensureNodes(topology: Topology, boots: readonly NodeBoot[]): Promise<void>;
  /** Stops and deletes nodes by name; an absent one is fine. */
  removeNodes(deployment: string, nodes: readonly string[]): Promise<void>;
  /** Everything that carries the deployment's tag, whether or not any topology knows it. Ends with nothing left. */
  removeAll(deployment: string, report: (what: string) => void): Promise<void>;
  /** Names of the deployments that have anything in this cloud. */
  deployments(): Promise<readonly string[]>;
  /** By SSH nobody can be reached before the secrets were made. */
  readonly access: (topology: Topology, secrets?: DeploymentSecrets) => NodeAccess;
};
