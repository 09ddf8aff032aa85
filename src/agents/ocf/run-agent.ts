/**
 * What every OCF agent of ours is alike in: an action and Pacemaker's environment in, an exit status out.
 * Manual: OCF Resource Agent API 1.1.
 */
import { asRefusal, Refusal } from '../../kernel/refusal.ts';
import type { AgentIo } from '../agent-io.ts';
import { type Deadline, deadlineIn } from '../deadline.ts';
import { OCF } from './exit-codes.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export type OcfAction = 'start' | 'stop' | 'monitor' | 'validate-all';

export type OcfAgent = {
  readonly name: string;
  readonly metadata: () => string;
  /** One action; `status` arrives as `monitor`. */
  readonly act: (action: OcfAction, environment: Environment, deadline: Deadline, io: AgentIo) => Promise<number>;
};

const DEFAULT_TIMEOUT_MS = 60_000;
/** Kept back from Pacemaker's timeout, so that it records our reason and not its own. */
const RESERVE_MS = 2_000;
const ACTIONS: Readonly<Record<string, OcfAction>> = {
  start: 'start',
  stop: 'stop',
  monitor: 'monitor',
  status: 'monitor',
  'validate-all': 'validate-all',
};

/** Runs one action. Every refusal ends in an exit reason on standard error and an OCF status, never in a throw. */
export async function runOcfAgent(
  agent: OcfAgent,
  argv: readonly string[],
  environment: Environment,
  io: AgentIo,
): Promise<number> {
  const asked = argv[0] ?? '';
  if (asked === 'meta-data') {
    io.out(agent.metadata());
    return OCF.success;
  }
  const action = ACTIONS[asked];
  if (action === undefined) {
    io.log(`usage: ${agent.name} ${Object.keys(ACTIONS).join('|')}|meta-data`);
    return asked === '' || asked === 'usage' || asked === 'help' ? OCF.success : OCF.unimplemented;
  }
  try {
    return await agent.act(action, environment, deadlineOf(environment), io);
  } catch (error) {
    const refusal = asRefusal(error);
    if (refusal === undefined) throw error;
    io.log(`ocf-exit-reason:${refusal.message}`);
    return refusal.code === 'INVALID_INPUT' ? OCF.notConfigured : OCF.genericError;
  }
}

/** @throws Refusal INVALID_INPUT */
export function volumeParameter(environment: Environment): string {
  const volume = environment['OCF_RESKEY_volume'] ?? '';
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(volume)) return volume;
  throw new Refusal('INVALID_INPUT', 'the parameter volume is not set to the name of a volume', { retry: 'never' });
}

/** A line that is not what was said last. */
export function sayOnce(log: (line: string) => void): (line: string) => void {
  let said = '';
  return (line) => {
    if (line !== said) log(line);
    said = line;
  };
}

function deadlineOf(environment: Environment): Deadline {
  const timeoutMs = Number(environment['OCF_RESKEY_CRM_meta_timeout'] ?? DEFAULT_TIMEOUT_MS);
  return deadlineIn(Math.max(RESERVE_MS, (Number.isFinite(timeoutMs) ? timeoutMs : DEFAULT_TIMEOUT_MS) - RESERVE_MS));
}
