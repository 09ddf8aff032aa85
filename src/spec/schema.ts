/**
 * What a person writes, as zod schemas: the shape and the ranges of every field, nothing across fields
 * (that is `rules.ts`). The mission's ranges stand here and only here. The JSON Schema that editors use
 * is made from this file and hints quote it, so every field has a `describe`; the texts of a format's
 * `error` end up in front of a person, after the path and before the value. Lists are bounded, far beyond
 * need, so that no text can keep the rules busy.
 */
import { z } from 'zod';
import { parseCidr, parseIpv4 } from '../kernel/ipv4.ts';

/** RFC 1123 label, short enough for every name we make from it (corosync, Heat, host names). */
export const labelPattern = /^[a-z]([a-z0-9-]*[a-z0-9])?$/;
const label = (max: number) =>
  z.string().max(max).regex(labelPattern, {
    error: 'must be a name of lower-case letters, digits and dashes that starts with a letter',
  });

// Aborting refinements make a union report its own sentence instead of one branch's.
const address = z
  .string()
  .refine((text) => parseIpv4(text) !== undefined, { error: 'must be an IPv4 address like 10.0.0.5', abort: true })
  .meta({ format: 'ipv4' });
const cidr = z
  .string()
  .refine((text) => parseCidr(text) !== undefined, {
    error: 'must be a network like 10.0.0.0/24',
    params: { kind: 'cidr' },
  })
  .meta({ pattern: '^[0-9]{1,3}(\\.[0-9]{1,3}){3}/[0-9]{1,2}$' });
const absolutePath = z.string().regex(/^(\/(?!\.\.?(\/|$))[A-Za-z0-9._@+-]+)+$/, {
  error: 'must be an absolute path like /srv/data',
});
const port = z.int().min(1).max(65535);
const scalar = z
  .union([z.string(), z.number(), z.boolean()], { error: 'must be one value: text, a number, or true or false' })
  .transform(String);

const flavor = z
  .string()
  .min(1)
  .default('small')
  .describe('Size of each node: the name of a flavor of the cloud. Locally: tiny, small, medium or large.');

const FileOnNodes = z.strictObject({
  path: absolutePath.describe('Where the file goes on every node of the tier.'),
  content: z.string().describe('The text of the file.'),
  mode: z
    .string()
    .regex(/^0[0-7]{3}$/, { error: 'must be four octal digits like "0644"' })
    .default('0644')
    .describe('Permissions, octal, in quotes.'),
});
export type FileOnNodes = z.output<typeof FileOnNodes>;

const files = z
  .array(FileOnNodes)
  .max(100)
  .default([])
  .describe('Files written to every node at its first boot, before any service starts.');

export const FailureDetection = z
  .enum(['fast', 'standard', 'tolerant'])
  .describe(
    'How soon a silent node is declared dead: fast about 2 s, standard about 7 s, tolerant 30 s and more, and default timeouts of operations are three times as long (clouds that live-migrate).',
  );
export type FailureDetection = z.output<typeof FailureDetection>;

const ClusterSpec = z.strictObject({
  nodes: z
    .int()
    .min(2)
    .max(32)
    .default(3)
    .describe('Members of the cluster: 2 to 16, and up to 32 when there are roles.'),
  flavor,
  failureDetection: FailureDetection.default('fast'),
  files,
});

const HealthCheck = z.union(
  [
    z.enum(['tcp', 'none']),
    z.strictObject({
      http: z
        .string()
        .regex(/^\/[!-~]*$/, { error: 'must be the path of a URL, like /healthz' })
        .describe('Path that answers 2xx or 3xx on a healthy node.'),
    }),
  ],
  { error: 'must be tcp, none, or a path to ask for like {http: /healthz}' },
);

const Listen = z.strictObject({
  port: port.describe('Port on the VIP.'),
  to: z
    .union([port, z.string()], { error: 'must be a port from 1 to 65535, or the name of a service' })
    .describe(
      'Port on every node; or the name of a service, with its port where that is another: www, www:8080. A service that runs on one node is found there by the check.',
    ),
  check: HealthCheck.default('tcp').describe(
    'How a node is tested before it gets traffic: tcp, none, or {http: /path}.',
  ),
});

const VipSpec = z.strictObject({
  name: label(32).describe('Name of the VIP, unique in the deployment.'),
  address: address.optional().describe('The address inside; without it the next free one of the network.'),
  external: z
    .union([z.enum(['auto', 'none']), address], {
      error: 'must be auto, none, or an IPv4 address of the external network',
    })
    .default('auto')
    .describe(
      'The address outside: auto takes a free one, none keeps the VIP inside, or an address of the external network.',
    ),
  ports: z.array(port).max(100).default([]).describe('TCP ports let in from outside.'),
  listen: z.array(Listen).max(100).default([]).describe('With load balancers: what they listen on and where it goes.'),
  role: z.string().optional().describe('With roles: the role whose nodes may hold the VIP.'),
});
export type VipSpec = z.output<typeof VipSpec>;

const StorageSpec = z.strictObject({
  name: label(24).describe('Name of the volume, unique in the deployment.'),
  sizeGiB: z.int().min(1).max(65536).describe('Size in GiB.'),
  mount: absolutePath.describe('Directory where it is mounted, on the one node that has it.'),
  attach: z
    .enum(['auto', 'shared', 'moving'])
    .default('auto')
    .describe(
      'shared: attached to every node, mounted on one. moving: attached only where it is mounted. auto: shared where the cloud can, else moving.',
    ),
  role: z.string().optional().describe('With roles: the role whose nodes may mount it.'),
});
export type StorageSpec = z.output<typeof StorageSpec>;

const seconds = z.string().regex(/^[1-9][0-9]*(s|min|m)$/, { error: 'must be a time like 20s or 2min' });

const Operation = z.strictObject({
  interval: z
    .string()
    .regex(/^(0|[1-9][0-9]*)(s|min|m)$/, { error: 'must be a time like 10s, or 0s for never again' })
    .optional()
    .describe('How often it is repeated, like 10s.'),
  timeout: seconds.optional().describe('How long it may take, like 20s or 2min.'),
  onFail: z
    .enum(['restart', 'stop', 'ignore', 'block', 'fence', 'standby'])
    .optional()
    .describe(
      'What Pacemaker does when it fails: restart (its default for most), stop, ignore, block, fence the node, or standby the node.',
    ),
  role: z
    .enum(['Promoted', 'Unpromoted', 'Started'])
    .optional()
    .describe('Of a promotable service: the instances that a monitor is for.'),
});

const operationName = z.enum(['start', 'stop', 'monitor', 'promote', 'demote', 'notify', 'reload']);
const Operations = z.union([Operation, z.array(Operation).min(1).max(20)], {
  error: 'must be settings like {interval: 10s, timeout: 20s}, or a list of them',
});

export const ServiceSpec = z.strictObject({
  name: label(32).describe('Name of the service, unique in the deployment.'),
  agent: z
    .string()
    .regex(/^(systemd:[A-Za-z0-9@._-]+|ocf:[A-Za-z0-9_.-]+:[A-Za-z0-9_.-]+)$/, {
      error: 'must be systemd:UNIT or ocf:PROVIDER:TYPE, like systemd:nginx or ocf:heartbeat:pgsql',
    })
    .describe('What runs it: systemd:UNIT or ocf:PROVIDER:TYPE.'),
  params: z
    .record(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]*$/, { error: 'must be a name of letters, digits, _ and -' }),
      scalar.describe('Value of the parameter.'),
    )
    .default({})
    .describe("Parameters of an OCF agent, by name; the agent's metadata lists them."),
  operations: z
    .partialRecord(operationName, Operations)
    .default({})
    .describe('Intervals and timeouts of the operations that differ from the defaults.'),
  clone: z.boolean().default(false).describe('Run it on every node.'),
  promotable: z.boolean().default(false).describe('Run it on every node, with one instance promoted; implies clone.'),
  with: z
    .array(z.string())
    .max(100)
    .default([])
    .describe(
      'VIPs, volumes and shares it needs on the same node, started before it. Of a clone, no volumes; its VIPs go where an instance of it runs (the promoted one, if promotable).',
    ),
});
export type ServiceSpec = z.output<typeof ServiceSpec>;

const services = z.array(ServiceSpec).max(500).default([]).describe('What the cluster keeps running.');

const LoadBalancersSpec = z.strictObject({
  nodes: z.int().min(1).max(16).default(2).describe('Load balancer nodes: 1 to 16.'),
  flavor,
  balance: z.enum(['roundrobin', 'leastconn', 'source']).default('roundrobin').describe("HAProxy's balance method."),
  clientAddress: z
    .enum(['x-forwarded-for', 'proxy-protocol', 'none'])
    .default('none')
    .describe('How the client address reaches the service.'),
  files,
});

const Share = z.strictObject({
  name: label(24).describe('Name of the share, unique in the deployment.'),
  sizeGiB: z.int().min(1).max(65536).describe('Size in GiB.'),
  mount: absolutePath.describe('Directory where it is mounted, on every node of the cluster.'),
});

const StorageClusterSpec = z.strictObject({
  nodes: z.int().min(3).max(5).default(3).describe('Nodes of the storage cluster: 3 to 5.'),
  flavor,
  protocol: z.enum(['nfs', 'samba']).default('nfs').describe('How the shares are served. Locally: samba only.'),
  shares: z.array(Share).min(1).max(100).describe('What the storage cluster serves.'),
  files,
});

const RoleSpec = z.strictObject({
  nodes: z.int().min(1).max(1000).default(1).describe('Remote nodes of this role: 1 to 1000.'),
  flavor,
  services,
  files,
});

const NetworksSpec = z.strictObject({
  range: cidr
    .optional()
    .describe('The block that all networks of the deployment are cut from. Without it, one is derived from the name.'),
});

const AccessSpec = z.strictObject({
  from: z.array(cidr).max(100).default([]).describe('Networks from which the entry address may be reached by SSH.'),
});

const TenantSpec = z.strictObject({
  create: z.boolean().default(false).describe('Make a tenant of its own for the deployment.'),
  name: label(48).optional().describe('Name of the tenant; without it, one made from the name of the deployment.'),
});

export const DeploymentSpec = z.strictObject({
  apiVersion: z.literal('quorate/v1').describe('Version of this format: quorate/v1.'),
  name: label(32).describe('Name of the deployment, unique in its cloud.'),
  cloud: z.string().min(1).default('local').describe('local, or the name of a cloud in clouds.yaml.'),
  image: z.string().min(1).optional().describe('Image of the nodes; without it the one that Quorate builds.'),
  tenant: TenantSpec.prefault({}).describe('Where the deployment lives; without it, in the project of the credential.'),
  networks: NetworksSpec.prefault({}).describe('The networks of the deployment.'),
  access: AccessSpec.prefault({}).describe('Who may reach the nodes.'),
  cluster: ClusterSpec.prefault({}).describe(
    'The Pacemaker cluster that runs the services; the core when there are roles.',
  ),
  loadBalancers: LoadBalancersSpec.optional().describe(
    'A cluster of HAProxy nodes in front, which then holds the VIPs.',
  ),
  storageCluster: StorageClusterSpec.optional().describe('A cluster of its own that serves shares to all nodes.'),
  roles: z
    .record(label(24), RoleSpec.describe('One role.'))
    .refine((roles) => Object.keys(roles).length <= 100, { error: 'must have at most 100 roles' })
    .default({})
    .describe('By name: groups of remote nodes, each with services of its own.'),
  vips: z.array(VipSpec).max(100).default([]).describe('Addresses that move to a living node.'),
  storage: z.array(StorageSpec).max(100).default([]).describe('Volumes that are mounted where their service runs.'),
  services,
  raw: z
    .strictObject({
      resources: z.string().optional().describe('CIB XML put into <resources> as it is.'),
      constraints: z.string().optional().describe('CIB XML put into <constraints> as it is.'),
    })
    .prefault({})
    .describe("The way out for what no field covers. Checked against Pacemaker's own schema."),
});
/** A parsed specification: every default filled in. */
export type DeploymentSpec = z.output<typeof DeploymentSpec>;
