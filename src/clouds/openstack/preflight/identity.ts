/** What the credential itself may do: let Heat act for it, and make a tenant where one is asked for. */
import { z } from 'zod';
import type { Diagnostic } from '../../../kernel/diagnostic.ts';
import { asRefusal } from '../../../kernel/refusal.ts';
import { readAll } from '../read.ts';
import { type Asking, problem } from './asking.ts';

/**
 * Heat acts for its user later by a trust. Keystone refuses trusts to application credentials: to restricted ones
 * always, to others since its security fix of 2026 unless the operator allows it (Keystone's
 * `allow_insecure_application_credential_trust_escalation`), which cannot be read. Heat then only says 500.
 */
export async function checkHeatTrust({ client }: Asking): Promise<readonly Diagnostic[]> {
  const { methods } = await client.session();
  if (!methods.includes('application_credential')) return [];
  const message =
    'Heat cannot act for an application credential where Keystone refuses it trusts, as it does unless the operator allows them';
  return [problem('heat-needs-password', ['cloud'], message, 'Use a cloud entry with user and password', 'warning')];
}

export async function checkTenantRights({ client, topology }: Asking): Promise<readonly Diagnostic[]> {
  if (topology.tenant === undefined) return [];
  try {
    await readAll(
      client,
      { service: 'identity', path: '/projects', query: { name: topology.tenant } },
      'projects',
      z.unknown(),
    );
    return [];
  } catch (error) {
    if (asRefusal(error)?.code !== 'CLOUD_REFUSED') throw error;
    const message = `the credential may not make tenant ${topology.tenant}: it may not even list projects`;
    return [
      problem(
        'tenant-needs-admin',
        ['tenant', 'create'],
        message,
        'Use an operator’s credential, or leave `tenant` out',
      ),
    ];
  }
}

export async function checkServerIsVerified({ client }: Asking): Promise<readonly Diagnostic[]> {
  if (client.verifiesServer) return [];
  const message =
    'the cloud’s certificate is not checked (`verify: false`): whoever stands in between gets the credential';
  return [problem('cloud-not-verified', ['cloud'], message, 'Name its authority with `cacert` instead', 'warning')];
}
