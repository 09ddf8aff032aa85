/** What every check gets, and how its findings are put. */
import type { Diagnostic } from '../../../kernel/diagnostic.ts';
import type { Topology, Volume } from '../../../topology/topology.ts';
import type { OpenStackClient } from '../client/index.ts';
import type { OpenStackSettings } from '../settings.ts';
import type { Demand } from './demand.ts';
import type { Standing } from './standing.ts';

export const typeOf = (settings: OpenStackSettings, { attach }: Pick<Volume, 'attach'>): string | undefined =>
  attach === 'shared' ? settings.sharedVolumeType : settings.volumeType;

export type Asking = {
  readonly client: OpenStackClient;
  readonly settings: OpenStackSettings;
  readonly topology: Topology;
  readonly demand: Demand;
  readonly standing: Standing;
};

export const problem = (
  code: string,
  path: Diagnostic['path'],
  message: string,
  hint?: string,
  severity: Diagnostic['severity'] = 'error',
): Diagnostic => ({ code, severity, path, message, ...(hint === undefined ? {} : { hint }) });

/** What a quota allows and what of it is taken, in its own unit; a limit of -1 is none. */
export type Quota = { readonly limit: number; readonly used: number };

/** Nothing when it fits; the numbers when it does not. */
export function shortage(
  what: string,
  asked: number,
  quota: Quota | undefined,
  path: Diagnostic['path'],
  unit = '',
): readonly Diagnostic[] {
  if (quota === undefined || quota.limit < 0 || asked <= 0) return [];
  const left = Math.max(0, quota.limit - quota.used);
  if (asked <= left) return [];
  const message = `the project's quota has no room for ${asked}${unit} more ${what}: ${left}${unit} are left (${quota.used} of ${quota.limit} used)`;
  return [
    problem(
      'quota-too-small',
      path,
      message,
      `Ask the operator for at least ${quota.used + asked}${unit} ${what}, or for less here`,
    ),
  ];
}
