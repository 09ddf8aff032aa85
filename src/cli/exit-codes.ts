/** How the program ends, in one table: what scripts may rely on, and what `docs/cli.md` shows. */
import { assertNever } from '../kernel/invariant.ts';
import type { RefusalCode } from '../kernel/refusal.ts';

export const exitCodes = {
  ok: 0,
  bug: 1,
  usage: 2,
  invalid: 3,
  refused: 4,
  timedOut: 5,
  notFound: 6,
  busy: 7,
  interrupted: 130,
} as const;

export type ExitName = keyof typeof exitCodes;

export const exitMeanings: Readonly<Record<ExitName, string>> = {
  ok: 'done; for `apply`: ready, for `delete`: nothing is left',
  bug: 'a bug of Quorate, or something nobody expected; `-v` shows where',
  usage: 'unknown command or option, or a wrong argument',
  invalid: 'the file has errors; all of them are printed',
  refused: 'the machine, the cloud or the cluster said no; someone has to act first',
  timedOut: 'not there yet when the time was up; the same command goes on',
  notFound: 'no such deployment, node, scenario or file',
  busy: 'another quorate works on the same deployment; try again',
  interrupted: 'stopped by Ctrl-C or SIGTERM; the same command goes on',
};

export function exitCodeOf(code: RefusalCode): number {
  switch (code) {
    case 'INVALID_INPUT':
      return exitCodes.invalid;
    case 'NOT_FOUND':
      return exitCodes.notFound;
    case 'BUSY':
    case 'STALE_LEASE':
      return exitCodes.busy;
    case 'TIMED_OUT':
      return exitCodes.timedOut;
    case 'INTERRUPTED':
      return exitCodes.interrupted;
    case 'CONFLICT':
    case 'ADDRESS_TAKEN':
    case 'QUOTA_EXCEEDED':
    case 'DISK_FULL':
    case 'CLOUD_UNREACHABLE':
    case 'CLOUD_REFUSED':
    case 'NODE_UNREACHABLE':
    case 'CLUSTER_REFUSED':
    case 'IMAGE_MISSING':
    case 'TOOL_MISSING':
    case 'NOT_SUPPORTED':
      return exitCodes.refused;
    default:
      return assertNever(code);
  }
}
