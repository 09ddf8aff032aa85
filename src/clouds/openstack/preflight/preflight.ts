/**
 * Everything in an OpenStack project that would stop `apply`, all at once, with asked and left; nothing is changed.
 * Places are those of the specification, so that the CLI can point at the line. A check that the cloud does not
 * answer becomes a finding of its own, and the others still speak.
 */
import type { Diagnostic } from '../../../kernel/diagnostic.ts';
import { asRefusal } from '../../../kernel/refusal.ts';
import type { Topology } from '../../../topology/topology.ts';
import type { OpenStackClient } from '../client/index.ts';
import type { OpenStackSettings } from '../settings.ts';
import { type Asking, problem } from './asking.ts';
import { checkFlavorsAndImage, checkZone } from './compute.ts';
import { demandOf } from './demand.ts';
import { checkHeatTrust, checkServerIsVerified, checkTenantRights } from './identity.ts';
import { checkAddressPairs, checkExtensions, checkExternalNetwork, checkGivenAddresses } from './network.ts';
import { checkComputeQuotas, checkNetworkQuotas, checkStackSize, checkVolumeQuotas } from './quotas.ts';
import { nothingStands, standingOf } from './standing.ts';
import { checkVolumeTypes } from './volumes.ts';

type Check = (asking: Asking) => Promise<readonly Diagnostic[]>;

const checks: readonly Check[] = [
  checkServerIsVerified,
  checkHeatTrust,
  checkTenantRights,
  checkFlavorsAndImage,
  checkZone,
  checkExtensions,
  checkExternalNetwork,
  checkGivenAddresses,
  checkAddressPairs,
  checkStackSize,
  checkVolumeTypes,
];

/** Of the project that `client` belongs to. A tenant of the deployment's own gets the quotas it needs when it is made. */
const quotaChecks: readonly Check[] = [checkComputeQuotas, checkNetworkQuotas, checkVolumeQuotas];

/** One diagnostic alone when Keystone does not let us in: nothing else can be known then. */
export async function preflight(
  client: OpenStackClient,
  topology: Topology,
  settings: OpenStackSettings = {},
): Promise<readonly Diagnostic[]> {
  const notIn = await findings(async () => {
    await client.session();
    return [];
  });
  if (notIn.length > 0) return notIn;
  let standing = nothingStands;
  const unreadable = await findings(async () => {
    standing = await standingOf(client, topology.deployment);
    return [];
  });
  const asking: Asking = { client, settings, topology, demand: demandOf(topology, standing.has), standing };
  const due = topology.tenant === undefined ? [...checks, ...quotaChecks] : checks;
  const found = await Promise.all(due.map((check) => findings(() => check(asking))));
  return onceEach([...unreadable, ...found.flat()]);
}

/** What a check found; the cloud's own "no" is a finding too. */
async function findings(check: () => Promise<readonly Diagnostic[]>): Promise<readonly Diagnostic[]> {
  try {
    return await check();
  } catch (error) {
    const refusal = asRefusal(error);
    if (refusal === undefined) throw error;
    const { code, data, message, next } = refusal;
    const service = textOf(data['service']) ?? 'cloud';
    if (code === 'CLOUD_UNREACHABLE' || code === 'TIMED_OUT') {
      const how =
        textOf(data['systemCode']) ?? (typeof data['status'] === 'number' ? `HTTP ${data['status']}` : 'no answer');
      return [
        problem('cloud-unreachable', ['cloud'], `the cloud's ${service} service cannot be reached (${how})`, next),
      ];
    }
    if (code === 'NOT_SUPPORTED') return [problem('service-missing', ['cloud'], message, next)];
    if (service === 'identity') return [problem('cloud-refused', ['cloud'], message, next)];
    // A cloud may keep from ordinary users what it allows them: then only trying tells.
    return [problem('cannot-be-checked', ['cloud'], message, next, 'warning')];
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** Several checks ask the same service, and it is down for each of them. */
function onceEach(found: readonly Diagnostic[]): readonly Diagnostic[] {
  return [...new Map(found.map((one) => [`${one.code} ${one.message}`, one])).values()];
}
