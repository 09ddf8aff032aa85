/**
 * One cloud's entry, whether a group of clouds.yaml or OS_* variables, in; credentials, or everything that is
 * wrong with it, out. Names of keys and their meaning are openstacksdk's ("Configuring OpenStack SDK Applications").
 * Refuses to know vendor profiles and every plugin but password, application credential and token.
 */
import { z } from 'zod';
import type { Diagnostic } from '../../../kernel/diagnostic.ts';
import { nearest } from '../../../spec/suggest.ts';
import type { DomainRef, Named, OpenStackAuth, OpenStackCredentials } from '../client/index.ts';
import type { OpenStackSettings } from '../settings.ts';

/** YAML reads `password: 1234` as a number; every tool of OpenStack takes it as text. */
const text = z.union([z.string(), z.number()], { error: 'must be a text' }).transform(String);
const optional = text.nullish().transform((value) => (value === null || value === '' ? undefined : value));
const yesOrNo = z
  .union([z.boolean(), z.string()])
  .transform((value) => (typeof value === 'boolean' ? value : /^(true|yes|1)$/i.test(value)));

const AuthEntry = z.object({
  auth_url: optional,
  username: optional,
  user_id: optional,
  password: optional,
  user_domain_name: optional,
  user_domain_id: optional,
  project_name: optional,
  project_id: optional,
  tenant_name: optional,
  tenant_id: optional,
  project_domain_name: optional,
  project_domain_id: optional,
  default_domain: optional,
  default_domain_id: optional,
  application_credential_id: optional,
  application_credential_name: optional,
  application_credential_secret: optional,
  token: optional,
});
type AuthEntry = z.output<typeof AuthEntry>;

/** Quorate's own choices of what the cloud offers. A key that is not known would silently choose something else. */
const SettingsEntry = z.strictObject({
  external_network: optional,
  availability_zone: optional,
  volume_type: optional,
  shared_volume_type: optional,
  dns_servers: z.array(z.string()).nullish(),
  access_from: optional,
});

/** Other keys belong to other tools. */
export const CloudEntry = z.object({
  auth: AuthEntry,
  auth_type: optional,
  profile: optional,
  region_name: optional,
  interface: optional,
  endpoint_type: optional,
  cacert: optional,
  verify: yesOrNo.nullish(),
  insecure: yesOrNo.nullish(),
  quorate: SettingsEntry.nullish(),
});
export type CloudEntry = z.output<typeof CloudEntry>;

export const settingKeys = Object.keys(SettingsEntry.shape);

export const authKeys = Object.keys(AuthEntry.shape);

/** `cacert` is still a path or a PEM text here: whoever may read files makes it a text. */
export type EntryCredentials = Omit<OpenStackCredentials, 'caCertificate'> & { readonly cacert?: string };

export type DerivedCredentials =
  | { readonly credentials: EntryCredentials }
  | { readonly credentials?: undefined; readonly diagnostics: readonly Diagnostic[] };

/** Paths count from the entry; no message repeats a value. */
export function deriveCredentials(entry: CloudEntry): DerivedCredentials {
  const { auth, profile } = entry;
  const problems: Diagnostic[] = [];
  const problem = (code: string, path: Diagnostic['path'], message: string, hint: string): void => {
    problems.push({ code, severity: 'error', path, message, hint });
  };
  if (auth.auth_url === undefined)
    problem(
      'missing-key',
      ['auth', 'auth_url'],
      profile === undefined ? '`auth_url` is missing' : '`auth_url` is missing, and vendor profiles are not read',
      "write the cloud's Keystone address, like https://keystone.example:5000/v3",
    );
  else if (!/^https?:$/.test(URL.canParse(auth.auth_url) ? new URL(auth.auth_url).protocol : ''))
    problem(
      'bad-format',
      ['auth', 'auth_url'],
      'must be an http or https URL',
      'like https://keystone.example:5000/v3',
    );
  const derived = deriveAuth(entry, problem);
  const face = (entry.interface ?? entry.endpoint_type ?? 'public').replace(/URL$/, '');
  if (face !== 'public' && face !== 'internal' && face !== 'admin')
    problem('not-allowed', ['interface'], 'must be public, internal or admin', 'leave it out for public');
  else if (derived !== undefined && auth.auth_url !== undefined && problems.length === 0)
    return {
      credentials: {
        authUrl: auth.auth_url,
        auth: derived,
        interface: face,
        verify: entry.insecure === true ? false : (entry.verify ?? true),
        ...(entry.region_name === undefined ? {} : { region: entry.region_name }),
        ...(entry.cacert === undefined ? {} : { cacert: entry.cacert }),
      },
    };
  return { diagnostics: problems };
}

export function deriveSettings({ quorate }: CloudEntry): OpenStackSettings {
  const written = {
    externalNetwork: quorate?.external_network,
    availabilityZone: quorate?.availability_zone,
    volumeType: quorate?.volume_type,
    sharedVolumeType: quorate?.shared_volume_type,
    dnsServers: quorate?.dns_servers ?? undefined,
    accessFrom: quorate?.access_from,
  };
  return Object.fromEntries(Object.entries(written).filter(([, value]) => value !== undefined));
}

type Report = (code: string, path: Diagnostic['path'], message: string, hint: string) => void;

const kinds = {
  password: ['password', 'v3password'],
  token: ['token', 'v3token'],
  'application-credential': ['v3applicationcredential'],
} as const;

function deriveAuth(entry: CloudEntry, problem: Report): OpenStackAuth | undefined {
  const { auth, auth_type } = entry;
  const kind =
    auth_type === undefined
      ? guessKind(auth)
      : (['password', 'token', 'application-credential'] as const).find((one) =>
          kinds[one].some((name) => name === auth_type),
        );
  if (kind === undefined) {
    const known = Object.values(kinds).flat();
    const near = nearest(auth_type ?? '', known);
    problem(
      'not-allowed',
      ['auth_type'],
      'must be password, v3applicationcredential or token',
      near === undefined ? 'leave it out to have it guessed' : `did you mean \`${near}\`?`,
    );
    return undefined;
  }
  const need = (key: keyof AuthEntry, hint: string): string => {
    if (auth[key] === undefined) problem('missing-key', ['auth', key], `\`${key}\` is missing`, hint);
    return auth[key] ?? '';
  };
  if (kind === 'application-credential') {
    const secret = need('application_credential_secret', 'it was shown once, when the credential was made');
    const { application_credential_id: id, application_credential_name: name } = auth;
    if (id !== undefined || name === undefined)
      return {
        method: kind,
        credential: { id: id ?? need('application_credential_id', 'or write its name and the user') },
        secret,
      };
    return {
      method: kind,
      credential: { name, user: userOf(auth) ?? { id: need('username', 'whose credential it is') } },
      secret,
    };
  }
  const project = projectOf(auth);
  if (kind === 'token')
    return { method: kind, token: need('token', 'as `openstack token issue` gives it'), ...(project && { project }) };
  const user = userOf(auth) ?? { id: need('username', 'or `user_id`') };
  return {
    method: kind,
    user,
    password: need('password', 'it may stand in a secure.yaml beside clouds.yaml'),
    project: project ?? { id: need('project_name', 'or `project_id`: everything Quorate makes belongs to a project') },
  };
}

function guessKind(auth: AuthEntry): OpenStackAuth['method'] {
  if (auth.application_credential_id !== undefined || auth.application_credential_secret !== undefined)
    return 'application-credential';
  return auth.token !== undefined && auth.password === undefined ? 'token' : 'password';
}

const userOf = (auth: AuthEntry): Named | undefined =>
  named(auth.user_id, auth.username, domainOf(auth, auth.user_domain_id, auth.user_domain_name));

const projectOf = (auth: AuthEntry): Named | undefined =>
  named(
    auth.project_id ?? auth.tenant_id,
    auth.project_name ?? auth.tenant_name,
    domainOf(auth, auth.project_domain_id, auth.project_domain_name),
  );

function named(id: string | undefined, name: string | undefined, domain: DomainRef): Named | undefined {
  if (id !== undefined) return { id };
  return name === undefined ? undefined : { name, domain };
}

/** Where no domain is written, the OpenStack tools mean the one with the id `default`. */
function domainOf(auth: AuthEntry, id: string | undefined, name: string | undefined): DomainRef {
  if (id !== undefined) return { id };
  return name === undefined ? { id: auth.default_domain_id ?? auth.default_domain ?? 'default' } : { name };
}
