/** How much room a storage pool has, in Incus' numbers and in those of the file system below a loop file. */
import { dirname } from 'node:path';
import { Refusal } from '../../kernel/refusal.ts';
import { freeDiskGiB } from './host-facts.ts';
import { apiPath, type IncusClient } from './incus/client.ts';
import { PoolRecord, PoolSpaceRecord } from './incus/records.ts';
import type { LocalCloudSettings } from './settings.ts';

export type PoolRoom = { readonly totalGiB: number; readonly freeGiB: number };

/** @throws Refusal NOT_FOUND when there is no such pool */
export async function poolRoom(client: IncusClient, pool: string): Promise<PoolRoom> {
  const path = apiPath(['storage-pools', pool]);
  const record = await client.get(path, PoolRecord);
  const { space } = await client.get(`${path}/resources`, PoolSpaceRecord);
  const totalGiB = space.total / 2 ** 30;
  const freeInPool = (space.total - space.used) / 2 ** 30;
  // A loop file is sparse: the pool may promise more than the disk below it has left.
  const source = record.config['source'];
  const below =
    source === undefined ? undefined : await freeDiskGiB(record.driver === 'dir' ? source : dirname(source));
  return { totalGiB, freeGiB: Math.max(0, Math.min(freeInPool, below ?? freeInPool)) };
}

/** Below this, btrfs and the containers' own start begin to fail for want of space. */
const FULL_GIB = 0.25;

/**
 * The system's words for ENOSPC, in which alone Incus passes that code on: by the time we look, it has taken
 * back what it had written, and there is room again.
 */
const saysNoSpace = (refusal: Refusal): boolean => /no space left on device/i.test(refusal.message);

/** The refusal DISK_FULL when that is the likely cause of `error`, else `error` itself. */
export async function blameFullPool(
  client: IncusClient,
  { pool, volumePool }: LocalCloudSettings,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof Refusal) || error.code !== 'CLOUD_REFUSED') return error;
  const rooms = await Promise.all(
    [...new Set([pool, volumePool])].map(async (name) => ({ pool: name, ...(await poolRoom(client, name)) })),
  ).catch(() => []);
  const fullest = rooms.toSorted((left, right) => left.freeGiB - right.freeGiB)[0];
  if (fullest === undefined || (fullest.freeGiB >= FULL_GIB && !saysNoSpace(error))) return error;
  const free = Math.floor(fullest.freeGiB * 1024);
  const message = `the local cloud's disk is full: ${free} MiB of ${fullest.totalGiB.toFixed(1)} GiB are free in the storage pool ${fullest.pool}`;
  return new Refusal('DISK_FULL', message, {
    retry: 'later',
    next: "Free space on the host's disk or delete a deployment, then run the same command again.",
    data: fullest,
    cause: error,
  });
}
