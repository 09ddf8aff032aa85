/**
 * `ocf:quorate:cinder-volume`: an OCF action and Pacemaker's environment in, a Cinder volume made a device of this
 * node (`/dev/quorate/NAME`, with an ext4 file system) or given back, an OCF exit status out. Monitoring looks only
 * at that device (the executable answers it without Node.js: executables/cinder-volume); start and stop use Nova.
 * It mounts nothing: that is Filesystem's part, which Pacemaker runs on the same node, after this.
 * Manual: OCF Resource Agent API 1.1.
 */
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { asRefusal, Refusal } from '../../kernel/refusal.ts';
import type { AgentIo } from '../agent-io.ts';
import { DEFAULT_CONFIG_FILE, type OpenStackAccess, readCloudAccess } from '../cloud-access.ts';
import { type Deadline, deadlineIn } from '../deadline.ts';
import { novaCalls } from '../openstack/nova.ts';
import { devicePath, ensureFileSystem, isBlockDevice, link, releaseDevice, unlink } from './block-device.ts';
import { type CinderAttachment, cinderAttachment } from './cinder-attachment.ts';
import { OCF } from './exit-codes.ts';
import { DEFAULT_DEVICES_DIRECTORY, renderCinderVolumeMetadata } from './metadata.ts';
import { type Environment, type OcfAction, runOcfAgent, volumeParameter } from './run-agent.ts';

type Parameters = {
  readonly volume: string;
  readonly attach: 'moving' | 'shared';
  /** The link that the resource makes. */
  readonly device: string;
  readonly server: string;
  readonly configFile: string;
};

/** Nova attaches in the background, and says nowhere why it failed: a device that is late is asked for again. */
const DEVICE_APPEARS_MS = 30_000;
const PAUSE_MS = 200;

/** Runs one action. Every refusal ends in an exit reason on standard error and an OCF status, never in a throw. */
export const runCinderVolume = (argv: readonly string[], environment: Environment, io: AgentIo): Promise<number> =>
  runOcfAgent({ name: 'cinder-volume', metadata: renderCinderVolumeMetadata, act }, argv, environment, io);

async function act(action: OcfAction, environment: Environment, deadline: Deadline, io: AgentIo): Promise<number> {
  const parameters = parametersOf(environment);
  const { volume, device } = parameters;
  if (action === 'monitor') return isBlockDevice(device) ? OCF.success : OCF.notRunning;
  const access = openStackAccess(parameters.configFile);
  if (action === 'validate-all') return OCF.success;
  const log = (line: string) => io.log(`cinder-volume(${volume}): ${line}`);
  const place = { nova: novaCalls(access, deadline), deployment: access.deployment, ...parameters };
  const attachment = cinderAttachment(place, deadline, log);
  if (action === 'start') await start(parameters, attachment, deadline, log);
  else await stop(parameters, attachment, deadline);
  return OCF.success;
}

async function start(
  { volume, attach, device }: Parameters,
  attachment: CinderAttachment,
  deadline: Deadline,
  log: (line: string) => void,
): Promise<void> {
  if (isBlockDevice(device)) return;
  const found = await untilAttached(volume, attach === 'moving' ? attachment.attach : attachment.attached, deadline);
  ensureFileSystem(found, volume, log);
  link(device, found);
}

async function untilAttached(volume: string, attach: () => Promise<string>, deadline: Deadline): Promise<string> {
  for (;;) {
    const id = await attach();
    const patience = deadlineIn(Math.min(DEVICE_APPEARS_MS, deadline.remainingMs()));
    while (patience.remainingMs() > 0) {
      const found = devicePath(id);
      if (found !== undefined && isBlockDevice(found)) return found;
      await sleep(PAUSE_MS);
    }
    if (deadline.remainingMs() === 0)
      throw new Refusal('TIMED_OUT', `${volume} (${id}) is attached, but its device has not appeared`, {
        retry: 'later',
      });
  }
}

/**
 * A device in use makes stop fail, and Pacemaker then fences this node: that is right, for what still writes would
 * lose it. The link goes last: until then the resource counts as running, and it is.
 */
async function stop({ attach, device }: Parameters, attachment: CinderAttachment, deadline: Deadline): Promise<void> {
  if (isBlockDevice(device)) await untilReleased(device, deadline);
  if (attach === 'moving') {
    await attachment.detach();
    while (isBlockDevice(device)) {
      if (deadline.remainingMs() === 0)
        throw new Refusal('TIMED_OUT', `detached, but ${device} is still there`, { retry: 'later' });
      await sleep(PAUSE_MS);
    }
  }
  unlink(device);
}

async function untilReleased(device: string, deadline: Deadline): Promise<void> {
  for (;;) {
    try {
      return releaseDevice(device);
    } catch (error) {
      if (asRefusal(error) === undefined || deadline.remainingMs() === 0) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

/** @throws Refusal INVALID_INPUT */
function openStackAccess(configFile: string): OpenStackAccess {
  const access = readCloudAccess(configFile);
  if (access.kind === 'openstack') return access;
  throw new Refusal('INVALID_INPUT', `${configFile} is not of an OpenStack (${access.kind})`, { retry: 'never' });
}

/** @throws Refusal INVALID_INPUT */
function parametersOf(environment: Environment): Parameters {
  const refuse = (why: string) => new Refusal('INVALID_INPUT', why, { retry: 'never' });
  const volume = volumeParameter(environment);
  const attach = environment['OCF_RESKEY_attach'] || 'moving';
  if (attach !== 'moving' && attach !== 'shared') throw refuse('the parameter attach is neither moving nor shared');
  const device = environment['OCF_RESKEY_device'] || `${DEFAULT_DEVICES_DIRECTORY}/${volume}`;
  if (!/^(\/[A-Za-z0-9_.@:+-]+)+$/.test(device)) throw refuse(`the parameter device is not a plain path: ${device}`);
  const server = environment['OCF_RESKEY_server'] || (hostname().split('.')[0] ?? '');
  return { volume, attach, device, server, configFile: environment['OCF_RESKEY_config_file'] || DEFAULT_CONFIG_FILE };
}
