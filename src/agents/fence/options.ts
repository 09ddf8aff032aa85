import { parseArgs } from 'node:util';
import { Refusal } from '../../kernel/refusal.ts';
import { DEFAULT_CONFIG_FILE } from '../cloud-access.ts';

/** FenceAgentAPI's actions, as fence-agents spell them. */
export const FENCE_ACTIONS = [
  'on',
  'off',
  'reboot',
  'status',
  'monitor',
  'list',
  'list-status',
  'metadata',
  'validate-all',
  'start',
  'stop',
] as const;

export type FenceAction = (typeof FENCE_ACTIONS)[number];

export type FenceOptions = {
  readonly action: FenceAction;
  /** The node to switch; undefined when none was given. */
  readonly plug: string | undefined;
  readonly configFile: string;
  readonly verbose: boolean;
  /** What on, off and reboot may take as a whole: below Pacemaker's 60 s, so our reason is recorded, not its. */
  readonly powerTimeoutMs: number;
  /** What the other actions may take: below Pacemaker's 20 s for a monitor. */
  readonly shellTimeoutMs: number;
};

export const DEFAULT_POWER_TIMEOUT_S = 40;
export const DEFAULT_SHELL_TIMEOUT_S = 10;

/** FenceAgentAPI, "What is given to fencing agents": `key=value` lines, `#` comments, the last one of a key counts. */
export function parseFenceStdin(text: string): FenceOptions {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const trimmed = line.trim();
    const equals = trimmed.indexOf('=');
    if (equals > 0 && !trimmed.startsWith('#')) values.set(trimmed.slice(0, equals), trimmed.slice(equals + 1));
  }
  return fenceOptions((key) => values.get(key));
}

/** The command line, with the other agents' letters: `-o off -n app-1 -v`. */
export function parseFenceArguments(argv: readonly string[]): FenceOptions {
  const text = { type: 'string' } as const;
  let values: Readonly<Record<string, string | boolean | undefined>>;
  try {
    ({ values } = parseArgs({
      args: [...argv],
      options: {
        action: { ...text, short: 'o' },
        plug: { ...text, short: 'n' },
        'config-file': text,
        'power-timeout': text,
        'shell-timeout': text,
        verbose: { type: 'boolean', short: 'v' },
      },
    }));
  } catch (cause) {
    throw new Refusal('INVALID_INPUT', (cause as Error).message, { retry: 'never', cause });
  }
  return fenceOptions((key) => {
    const value = values[key.replaceAll('_', '-')];
    return value === undefined ? undefined : String(value);
  });
}

/** @throws Refusal INVALID_INPUT */
function fenceOptions(valueOf: (key: string) => string | undefined): FenceOptions {
  const action = (valueOf('action') ?? valueOf('option') ?? 'reboot').toLowerCase();
  // An empty text is how Pacemaker says "not set".
  const plug = [valueOf('plug'), valueOf('port'), valueOf('nodename')].find(
    (name) => name !== undefined && name !== '',
  );
  return {
    action: actionOf(action),
    plug,
    configFile: valueOf('config_file') || DEFAULT_CONFIG_FILE,
    verbose: /^(1|true|yes|on)$/i.test(valueOf('verbose') ?? ''),
    powerTimeoutMs: secondsOf('power_timeout', valueOf('power_timeout'), DEFAULT_POWER_TIMEOUT_S) * 1_000,
    shellTimeoutMs: secondsOf('shell_timeout', valueOf('shell_timeout'), DEFAULT_SHELL_TIMEOUT_S) * 1_000,
  };
}

function actionOf(text: string): FenceAction {
  const action = FENCE_ACTIONS.find((candidate) => candidate === text);
  if (action !== undefined) return action;
  throw new Refusal('INVALID_INPUT', `no action ${JSON.stringify(text)}; there are ${FENCE_ACTIONS.join(', ')}`, {
    retry: 'never',
  });
}

function secondsOf(key: string, text: string | undefined, byDefault: number): number {
  if (text === undefined || text === '') return byDefault;
  const match = /^([1-9][0-9]{0,5})s?$/.exec(text);
  if (match !== null) return Number(match[1]);
  throw new Refusal('INVALID_INPUT', `${key}=${text} is not a number of seconds`, { retry: 'never' });
}
