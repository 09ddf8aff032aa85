/**
 * Commands: one use case a file. In: a context made by `main` and plain input. Out: views, which are plain
 * data with stable keys; progress goes to a callback, and a "no" of the world is thrown as a `Refusal`.
 * They refuse to know who asks: nothing here prints, reads arguments or ends the process, so the command
 * line and a service call the same functions.
 */
import type { Cloud, DeploymentSecrets, NodeCloudAccess } from '../clouds/cloud.ts';
import type { Engine } from '../engine/engine.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Topology } from '../topology/topology.ts';

export type Context = {
  readonly clock: Clock;
  /** undefined where nothing was ever applied; asking makes nothing. */
  readonly findEngine: () => Promise<Engine | undefined>;
  /** Makes the state directory and the store where they are missing. */
  readonly engine: () => Promise<Engine>;
  readonly host: LocalHost;
  /**
   * By name: `local`, or one of clouds.yaml. Asks it nothing yet. Throws NOT_FOUND for an unknown one, INVALID_INPUT for
   * one that is described wrongly, CLOUD_UNREACHABLE while the local one does not run.
   */
  readonly cloud: (name: string) => Promise<Cloud>;
  /** The names that `cloud` takes. Throws INVALID_INPUT for a clouds.yaml that cannot be read. */
  readonly cloudNames: () => Promise<readonly string[]>;
  readonly imageStore: ImageStore;
  /**
   * What the deployment's nodes hold in secret. Before its first `apply` came that far: new ones that nobody stores,
   * for nodes that are booted by hand; on the local cloud, where nobody can do that, throws NOT_FOUND.
   */
  readonly secretsOf: (topology: Topology) => Promise<{ secrets: DeploymentSecrets; access: NodeCloudAccess }>;
};

/** The machine that carries the local cloud. */
export type LocalHost = {
  /** Works where nothing is installed, and changes nothing. */
  readonly inspect: () => Promise<readonly HostFinding[]>;
  /** What `ensure` and `ensureImage` would have to do; empty when all is there. Changes nothing. */
  readonly missing: () => Promise<readonly HostNeed[]>;
  readonly ensure: (report: Report) => Promise<{ readonly changed: boolean }>;
  readonly ensureImage: (report: Report, options: { readonly force: boolean }) => Promise<ImageView>;
  /** What the image's Pacemaker has against a CIB, in its schema's words; empty when nothing. */
  readonly cibComplaints: (image: ImageView, cib: string) => Promise<readonly string[]>;
  /** Ends with nothing of ours left on the machine but installed packages. */
  readonly remove: (report: Report) => Promise<void>;
};

/** Where an OpenStack cloud has its images. */
export type ImageStore = {
  /** Builds the node image as a disk where it is missing or its recipe has changed. */
  readonly build: (report: Report) => Promise<DiskImageView>;
  /** A cloud's, asked nothing yet. Throws NOT_FOUND for an unknown cloud, INVALID_INPUT for one that is described wrongly. */
  readonly open: (cloud: string) => Promise<Upload>;
};

export type DiskImageView = { readonly path: string; readonly recipe: string; readonly changed: boolean };

/** Puts the image there under Quorate's name, unless it is there; `shared`: for every project, which only an operator may. */
export type Upload = (image: DiskImageView, options: UploadOptions) => Promise<UploadedImageView>;

export type UploadOptions = { readonly shared: boolean; readonly signal: AbortSignal; readonly report: Report };

export type UploadedImageView = { readonly id: string; readonly name: string; readonly changed: boolean };

/** What is being done now, in words. */
export type Report = (activity: string) => void;

export type HostNeed = { readonly part: 'host' | 'image'; readonly what: string; readonly because: string };

export type HostFinding = {
  /** Stable, kebab-case. */
  readonly code: string;
  /** `fail`: `apply` would stop there. */
  readonly level: 'ok' | 'warn' | 'fail';
  readonly message: string;
  /** What to do about it. */
  readonly next?: string;
};

export type ImageView = {
  readonly alias: string;
  readonly fingerprint: string;
  /** Directory of what its Pacemaker accepts as a CIB, in RelaxNG. */
  readonly pacemakerSchema: string;
  readonly changed: boolean;
};
