/** OS_* variables as an entry like one of clouds.yaml: `OS_USER_DOMAIN_NAME` is `auth.user_domain_name`. */
import { authKeys } from './cloud-entry.ts';
import type { Environment } from './clouds-file.ts';

/** The name under which the variables count as a cloud (openstacksdk's own). */
export const environmentCloud = 'envvars';

const plainKeys = ['auth_type', 'region_name', 'interface', 'endpoint_type', 'cacert', 'insecure'];

/** undefined without OS_AUTH_URL. Unchecked, as an entry of a file is. */
export function environmentEntry(env: Environment): unknown {
  if ((env['OS_AUTH_URL'] ?? '') === '') return undefined;
  const pick = (keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, env[variableOf(key)]]));
  return { ...pick(plainKeys), auth: pick(authKeys) };
}

export const variableOf = (key: string): string => `OS_${key.toUpperCase()}`;
