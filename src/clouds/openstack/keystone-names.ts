/** What a deployment's things are called in Keystone; everything else is named by `src/artefacts/heat/names.ts`. */
import { deploymentTag } from '../../artefacts/heat/index.ts';

/** The user that a tenant of its own has, unique in its domain. */
export const tenantUserName = (deployment: string): string => `quorate-${deployment}`;

/** Users carry no tags: this description says whose it is. */
export const tenantUserDescription = (deployment: string): string => `Quorate ${deploymentTag(deployment)}`;

const credentialPattern = /^quorate-(?<deployment>.+)-nodes$/;
export const nodeCredentialName = (deployment: string): string => `quorate-${deployment}-nodes`;
export const deploymentOfCredential = (name: string): string | undefined =>
  credentialPattern.exec(name)?.groups?.['deployment'];
