/**
 * What `plan` returns: the next things to do, in order, each with its reason in words. The engine takes
 * them, the CLI prints them, tests assert them. A step acts on names only, so it can be recorded.
 */
export type Step = { readonly because: string } & (
  | { readonly kind: 'ensure-tenant' }
  /** Ask the cloud how it attaches the volumes that the specification leaves to it. */
  | { readonly kind: 'decide-attach'; readonly volumes: readonly string[] }
  /** Networks, volumes and outside addresses that are missing; none when some are only to be taken back. */
  | { readonly kind: 'ensure-ground'; readonly missing: readonly string[] }
  /** What another Quorate needs to adopt the deployment, kept in the cloud. */
  | { readonly kind: 'remember' }
  /** Nodes to create or to start; `members` are those that their corosync.conf lists. */
  | { readonly kind: 'boot-nodes'; readonly nodes: readonly string[]; readonly members: readonly string[] }
  /** Nothing to do but to look again soon: a cluster that is forming or recovering by itself. */
  | { readonly kind: 'await-cluster'; readonly cluster: string; readonly waitingFor: readonly string[] }
  /** One validated CIB update at one member. */
  | { readonly kind: 'update-resources'; readonly cluster: string }
  /** haproxy.cfg on these nodes, and a reload that drops nothing. */
  | { readonly kind: 'update-load-balancers'; readonly cluster: string; readonly nodes: readonly string[] }
  /** corosync.conf with these members, on all of them that live, and one reload. */
  | { readonly kind: 'update-membership'; readonly cluster: string; readonly members: readonly string[] }
  /** Standby: its resources go elsewhere, in order. */
  | { readonly kind: 'drain-node'; readonly cluster: string; readonly node: string }
  /** Pacemaker and corosync stop on it, for good. */
  | { readonly kind: 'stop-member'; readonly cluster: string; readonly node: string }
  /** Pacemaker forgets a member that corosync knows no more. */
  | { readonly kind: 'forget-node'; readonly cluster: string; readonly node: string }
  | { readonly kind: 'remove-nodes'; readonly nodes: readonly string[] }
  | { readonly kind: 'remove-all' }
);

/** What is left to do, and whether a person has to act before any of it can be done. */
export type Plan =
  | { readonly state: 'done' }
  | { readonly state: 'steps'; readonly steps: readonly Step[] }
  | { readonly state: 'blocked'; readonly because: string; readonly unblockedBy: string };
