/** What we read of Incus' answers: only the fields we use (Incus documentation, rest-api.yaml). */
import { z } from 'zod';

const config = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {});

export const ProjectRecord = z.object({ name: z.string(), description: z.string(), config });
export type ProjectRecord = z.output<typeof ProjectRecord>;

export const NetworkRecord = z.object({
  name: z.string(),
  type: z.string(),
  managed: z.boolean(),
  /** `Created`; `Pending`, `Errored` or `Unavailable` for one that was left half-made. */
  status: z.string(),
  config,
  used_by: z
    .array(z.string())
    .nullish()
    .transform((value) => value ?? []),
});
export type NetworkRecord = z.output<typeof NetworkRecord>;

export const AclRecord = z.object({
  name: z.string(),
  config,
  ingress: z
    .array(z.record(z.string(), z.string()))
    .nullish()
    .transform((value) => value ?? []),
});
export type AclRecord = z.output<typeof AclRecord>;

export const ForwardRecord = z.object({
  listen_address: z.string(),
  config,
  ports: z
    .array(z.object({ protocol: z.string(), listen_port: z.string(), target_address: z.string() }))
    .nullish()
    .transform((value) => value ?? []),
});
export type ForwardRecord = z.output<typeof ForwardRecord>;

/** One address that Incus has given out, whatever for. */
export const AllocationRecord = z.object({ addresses: z.string(), type: z.string(), used_by: z.string() });

export const VolumeRecord = z.object({ name: z.string(), type: z.string(), config });
export type VolumeRecord = z.output<typeof VolumeRecord>;

export const InstanceRecord = z.object({
  name: z.string(),
  /** 101 and 103 run, 102 is stopped, 110 frozen, 112 error. */
  status_code: z.number(),
  status: z.string(),
  config,
  /** Year 1 or 1970 for one that never ran. */
  last_used_at: z.string(),
  /** By name, without those of profiles. */
  devices: z
    .record(z.string(), z.record(z.string(), z.string()))
    .nullish()
    .transform((value) => value ?? {}),
});
export type InstanceRecord = z.output<typeof InstanceRecord>;

export const CertificateRecord = z.object({
  name: z.string(),
  fingerprint: z.string(),
  restricted: z.boolean(),
  projects: z
    .array(z.string())
    .nullish()
    .transform((value) => value ?? []),
});
export type CertificateRecord = z.output<typeof CertificateRecord>;

export const ImageRecord = z.object({ fingerprint: z.string() });
export const AliasRecord = z.object({ target: z.string() });

export const PoolRecord = z.object({ name: z.string(), driver: z.string(), config });
export const PoolSpaceRecord = z.object({
  space: z.object({ used: z.number().default(0), total: z.number().default(0) }),
});

export const ServerRecord = z.object({
  config,
  environment: z.object({
    addresses: z
      .array(z.string())
      .nullish()
      .transform((value) => value ?? []),
    certificate: z.string(),
    server_version: z.string(),
    kernel_features: z
      .record(z.string(), z.string())
      .nullish()
      .transform((value) => value ?? {}),
  }),
});
export type ServerRecord = z.output<typeof ServerRecord>;

export const OperationRecord = z.object({
  id: z.string(),
  status_code: z.number(),
  err: z.string().default(''),
  resources: z
    .record(z.string(), z.array(z.string()).nullable())
    .nullish()
    .transform((value) => value ?? {}),
  metadata: z
    .record(z.string(), z.unknown())
    .nullish()
    .transform((value) => value ?? {}),
});
export type OperationRecord = z.output<typeof OperationRecord>;

/** Of any kind whose name, or an image's fingerprint, is all that matters. */
export const NamedRecord = z.object({ name: z.string().optional(), fingerprint: z.string().optional() });
