/**
 * `fence_quorate`: FenceAgentAPI's options in (lines on standard input from Pacemaker, or a command line), the power
 * of one of the deployment's nodes changed, an exit status out. Knows a cloud only as a FenceTarget.
 * Manual: ClusterLabs fence-agents, doc/FenceAgentAPI.md.
 */
import { assertNever } from '../../kernel/invariant.ts';
import { asRefusal, Refusal } from '../../kernel/refusal.ts';
import type { AgentIo } from '../agent-io.ts';
import { readCloudAccess } from '../cloud-access.ts';
import { deadlineIn } from '../deadline.ts';
import type { FenceTarget, Power } from './fence-target.ts';
import { incusTarget } from './incus-target.ts';
import { renderFenceMetadata } from './metadata.ts';
import { novaTarget } from './nova-target.ts';
import { FENCE_ACTIONS, type FenceOptions, parseFenceArguments, parseFenceStdin } from './options.ts';

/** FenceAgentAPI, "Agent Operations and Return Values". `off` is for status alone. */
const EXIT = { ok: 0, failed: 1, off: 2 } as const;

const USAGE = `usage: fence_quorate -o ACTION [-n NODE] [--config-file FILE] [-v]
       or the same as key=value lines on standard input
actions: ${FENCE_ACTIONS.join(', ')}
`;

/** Runs one action. Every refusal ends in one line on standard error and 1, never in a throw. */
export async function runFenceQuorate(argv: readonly string[], readStdin: () => string, io: AgentIo): Promise<number> {
  if (argv.includes('-h') || argv.includes('--help')) {
    io.out(USAGE);
    return EXIT.ok;
  }
  let what = '';
  try {
    const options = argv.length > 0 ? parseFenceArguments(argv) : parseFenceStdin(readStdin());
    what = ` ${[options.action, options.plug].filter((word) => word !== undefined).join(' ')}`;
    return await act(options, io);
  } catch (error) {
    const refusal = asRefusal(error);
    if (refusal === undefined) throw error;
    io.log(`fence_quorate${what}: ${refusal.message}`);
    return EXIT.failed;
  }
}

async function act(options: FenceOptions, io: AgentIo): Promise<number> {
  switch (options.action) {
    case 'metadata':
      io.out(renderFenceMetadata());
      return EXIT.ok;
    // Pacemaker's own; the other agents answer them with success too.
    case 'start':
    case 'stop':
      return EXIT.ok;
    case 'validate-all':
      readCloudAccess(options.configFile);
      return EXIT.ok;
    case 'monitor':
      await targetOf(options, io).list();
      return EXIT.ok;
    case 'list':
      for (const { name } of await targetOf(options, io).list()) io.out(`${name},\n`);
      return EXIT.ok;
    case 'list-status':
      for (const { name, power } of await targetOf(options, io).list()) io.out(`${name},,${power.toUpperCase()}\n`);
      return EXIT.ok;
    case 'status':
      return exitOfPower(await targetOf(options, io).power(plugOf(options)), plugOf(options), io);
    case 'off':
      sayIfAbsent(await targetOf(options, io).off(plugOf(options)), plugOf(options), io);
      io.out('Success: Powered OFF\n');
      return EXIT.ok;
    case 'on':
      await targetOf(options, io).on(plugOf(options));
      io.out('Success: Powered ON\n');
      return EXIT.ok;
    case 'reboot':
      return reboot(targetOf(options, io), plugOf(options), io);
    default:
      return assertNever(options.action);
  }
}

/** FenceAgentAPI: a reboot is done with its confirmed "off"; the cluster recovers safely without the "on". */
async function reboot(target: FenceTarget, plug: string, io: AgentIo): Promise<number> {
  const power = await target.off(plug);
  sayIfAbsent(power, plug, io);
  try {
    if (power === 'off') await target.requestOn(plug);
  } catch (error) {
    const refusal = asRefusal(error);
    if (refusal === undefined) throw error;
    io.log(`fence_quorate reboot ${plug}: it is off; not started again: ${refusal.message}`);
  }
  io.out('Success: Rebooted\n');
  return EXIT.ok;
}

function exitOfPower(power: Power, plug: string, io: AgentIo): number {
  io.out(`Status: ${power.toUpperCase()}\n`);
  sayIfAbsent(power, plug, io);
  if (power === 'unknown') return EXIT.failed;
  return power === 'on' ? EXIT.ok : EXIT.off;
}

/** What does not exist cannot run; but a misspelt name does not exist either, so it is said. */
function sayIfAbsent(power: Power, plug: string, io: AgentIo): void {
  if (power === 'absent') io.log(`fence_quorate: ${plug} does not exist in its cloud, so it counts as off`);
}

function targetOf(options: FenceOptions, io: AgentIo): FenceTarget {
  const switches = options.action === 'off' || options.action === 'on' || options.action === 'reboot';
  const deadline = deadlineIn(switches ? options.powerTimeoutMs : options.shellTimeoutMs);
  const debug = options.verbose ? (line: string) => io.log(`fence_quorate: ${line}`) : () => undefined;
  const access = readCloudAccess(options.configFile);
  return access.kind === 'incus' ? incusTarget(access, deadline, debug) : novaTarget(access, deadline, debug);
}

function plugOf(options: FenceOptions): string {
  if (options.plug !== undefined) return options.plug;
  throw new Refusal('INVALID_INPUT', 'no plug given (-n NODE)', { retry: 'never' });
}
