/** Raw facts that a cloud reports, in the field's terms; nothing is judged here. */

export type Presence = 'present' | 'absent';

export type NodePower =
  | { readonly state: 'absent' }
  | { readonly state: 'running' }
  | { readonly state: 'stopped' }
  | { readonly state: 'changing'; readonly detail: string }
  | { readonly state: 'error'; readonly detail: string };

export type CloudObservation = {
  readonly tenant: Presence;
  readonly credential: Presence;
  /** By the topology's names, as all that follow. */
  readonly networks: Readonly<Record<string, Presence>>;
  /** `present`: it exists, and every existing node that is to have it has it. */
  readonly volumes: Readonly<Record<string, Presence>>;
  /** By VIP name: the address outside, where one is mapped; of VIPs that the topology does not know, too. */
  readonly outside: Readonly<Record<string, { readonly address: string; readonly ports: readonly number[] }>>;
  readonly nodes: Readonly<Record<string, NodePower>>;
  /** Nodes that carry the deployment's tag and that the topology does not know. */
  readonly strayNodes: readonly string[];
  /** By node: which machine of the cloud carries it, in a name without meaning; where the cloud tells. */
  readonly hosts?: Readonly<Record<string, string>>;
  /** Digest of what was remembered (`memoryDigest`); undefined: nothing, or a cloud that keeps none. */
  readonly memory?: string;
};

/** What one member said of its cluster: texts as the tools printed them. */
export type ClusterObservation = {
  readonly node: string;
  /** `crm_mon --output-as=xml -1`; undefined when Pacemaker did not answer. */
  readonly crmMonXml: string | undefined;
  /** `corosync-cmapctl nodelist.`: the members that corosync runs with; undefined when it does not run. */
  readonly nodelist: string | undefined;
  /** The digest of the resources that were last applied, from the CIB; undefined when not there. */
  readonly appliedDigest: string | undefined;
  /** Of load balancers, by node: what its HAProxy said of itself, or its configuration while it does not run. */
  readonly balancers?: Readonly<Record<string, string>>;
};
