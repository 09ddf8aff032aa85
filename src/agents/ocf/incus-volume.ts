/**
 * `ocf:quorate:incus-volume`: an OCF action and Pacemaker's environment in, the volume attached to this node or
 * detached from it, an OCF exit status out. Monitoring looks only at the node's own mounts (the executable answers
 * it without Node.js: executables/incus-volume); start and stop use the cloud's API.
 * Manual: OCF Resource Agent API 1.1.
 */
import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { asRefusal, Refusal } from '../../kernel/refusal.ts';
import type { AgentIo } from '../agent-io.ts';
import { DEFAULT_CONFIG_FILE, readCloudAccess } from '../cloud-access.ts';
import type { Deadline } from '../deadline.ts';
import { OCF } from './exit-codes.ts';
import { DEFAULT_VOLUMES_DIRECTORY, renderIncusVolumeMetadata } from './metadata.ts';
import { isMounted, mountPointsOf, readMounts, unmount } from './mounts.ts';
import { type Environment, type OcfAction, runOcfAgent, volumeParameter } from './run-agent.ts';
import { volumeAttachment } from './volume-attachment.ts';

type Parameters = { readonly volume: string; readonly path: string; readonly configFile: string };

/** Runs one action. Every refusal ends in an exit reason on standard error and an OCF status, never in a throw. */
export const runIncusVolume = (argv: readonly string[], environment: Environment, io: AgentIo): Promise<number> =>
  runOcfAgent({ name: 'incus-volume', metadata: renderIncusVolumeMetadata, act }, argv, environment, io);

async function act(action: OcfAction, environment: Environment, deadline: Deadline, io: AgentIo): Promise<number> {
  const { volume, path, configFile } = parametersOf(environment);
  if (action === 'monitor') return isMounted(readMounts(), path) ? OCF.success : OCF.notRunning;
  const access = readCloudAccess(configFile);
  if (access.kind !== 'incus')
    throw new Refusal('INVALID_INPUT', `${configFile} is not of a local cloud (${access.kind})`, { retry: 'never' });
  if (action === 'validate-all') return OCF.success;
  const attachment = volumeAttachment(access, volume, deadline, (line) => io.log(`incus-volume(${volume}): ${line}`));
  if (action === 'start') {
    if (isMounted(readMounts(), path)) return OCF.success;
    mkdirSync(path, { recursive: true });
    await attachment.attach(path);
    await untilMounted(path, deadline);
    return OCF.success;
  }
  await unmountAll(path, deadline);
  await attachment.detach();
  await untilGone(path, deadline);
  return OCF.success;
}

/** Incus answers when the device is mounted in the node; anything else is worth a moment, not an error. */
async function untilMounted(path: string, deadline: Deadline): Promise<void> {
  while (!isMounted(readMounts(), path)) {
    if (deadline.remainingMs() === 0)
      throw new Refusal('TIMED_OUT', `attached, but ${path} is not mounted`, { retry: 'later' });
    await sleep(50);
  }
}

async function untilGone(path: string, deadline: Deadline): Promise<void> {
  while (isMounted(readMounts(), path)) {
    if (deadline.remainingMs() === 0)
      throw new Refusal('TIMED_OUT', `detached, but ${path} is still mounted`, { retry: 'later' });
    await sleep(50);
  }
}

/**
 * Before detaching, because Incus detaches lazily: what still has files open would write on, unseen, while another
 * node has the volume. A volume in use makes stop fail, and Pacemaker then fences this node: that is right.
 */
async function unmountAll(path: string, deadline: Deadline): Promise<void> {
  for (;;) {
    const point = mountPointsOf(readMounts(), path)[0];
    if (point === undefined) return;
    try {
      unmount(point);
    } catch (error) {
      if (asRefusal(error) === undefined || deadline.remainingMs() === 0) throw error;
      await sleep(500);
    }
  }
}

/** @throws Refusal INVALID_INPUT */
function parametersOf(environment: Environment): Parameters {
  const refuse = (why: string) => new Refusal('INVALID_INPUT', why, { retry: 'never' });
  const volume = volumeParameter(environment);
  const path = environment['OCF_RESKEY_path'] || `${DEFAULT_VOLUMES_DIRECTORY}/${volume}`;
  // The shell in executables/incus-volume compares it with mountinfo as it stands, where blanks are escaped.
  if (!/^(\/[A-Za-z0-9_.@:+-]+)+$/.test(path)) throw refuse(`the parameter path is not a plain absolute path: ${path}`);
  return { volume, path, configFile: environment['OCF_RESKEY_config_file'] || DEFAULT_CONFIG_FILE };
}
