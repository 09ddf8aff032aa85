/** Where everything of the local cloud lies below the state directory, and what set-up chose. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';

export const defaultStateDirectory = '/var/lib/quorate';

export type HostLayout = {
  readonly stateDirectory: string;
  /** INCUS_DIR of our own Incus. */
  readonly incusDirectory: string;
  readonly socketPath: string;
  readonly logFile: string;
  readonly pidFile: string;
  /** Pins the daemon's mount namespace, where it needs one of its own. */
  readonly namespaceFile: string;
  readonly imagesDirectory: string;
  /** The host's end of the external network: an interface name, at most 15 characters. */
  readonly outsideBridge: string;
  readonly unitName: string;
};

export function layoutOf(stateDirectory: string): HostLayout {
  const incusDirectory = join(stateDirectory, 'incus');
  // A second state directory is a second local cloud on the same host; interfaces have one name space.
  const suffix = stateDirectory === defaultStateDirectory ? '' : `-${digest(stateDirectory)}`;
  return {
    stateDirectory,
    incusDirectory,
    socketPath: join(incusDirectory, 'unix.socket'),
    logFile: join(stateDirectory, 'incusd.log'),
    pidFile: join(stateDirectory, 'incusd.pid'),
    namespaceFile: join(stateDirectory, 'namespace', 'mnt'),
    imagesDirectory: join(stateDirectory, 'images'),
    outsideBridge: suffix === '' ? 'quorate-out' : `qout${suffix}`,
    unitName: `quorate-incus${suffix}`,
  };
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);
