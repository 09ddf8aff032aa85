import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { IncusEndpoint } from '../clouds/local/incus/transport.ts';
import type { OpenStackCredentials } from '../clouds/openstack/client/index.ts';
import { Refusal } from '../kernel/refusal.ts';

export const DEFAULT_CONFIG_FILE = '/etc/quorate/cloud.json';

/** What a node knows of its cloud. A secret as a whole. */
export type CloudAccess = IncusAccess | OpenStackAccess;

export type IncusAccess = {
  readonly kind: 'incus';
  readonly endpoint: Extract<IncusEndpoint, { url: string }>;
  readonly project: string;
  /** Storage pool of the volumes; where none is named, that of the node's own root. */
  readonly volumePool?: string;
};

/** `deployment` tells the servers that are ours from others of the same project. */
export type OpenStackAccess = {
  readonly kind: 'openstack';
  readonly credentials: OpenStackCredentials;
  readonly deployment: string;
};

/** @throws Refusal INVALID_INPUT, without anything of the file's content: that is secret */
export function readCloudAccess(file: string): CloudAccess {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Refusal('INVALID_INPUT', `cannot read ${file}: ${systemCodeOf(cause)}`, { retry: 'never', cause });
  }
  return parseCloudAccess(text, file);
}

/** @throws Refusal INVALID_INPUT that names `file` and the wrong keys, never their values */
export function parseCloudAccess(text: string, file: string): CloudAccess {
  const refuse = (why: string) => new Refusal('INVALID_INPUT', `${file}: ${why}`, { retry: 'never' });
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    // No cause: the parser's message quotes the text.
    throw refuse('not JSON');
  }
  if (typeof data !== 'object' || data === null) throw refuse('not a JSON object');
  const record = data as Readonly<Record<string, unknown>>;
  const wrong: string[] = [];
  const fields: Fields = {
    text: (key) => {
      const value = record[key];
      if (typeof value === 'string' && value !== '') return value;
      wrong.push(key);
      return '';
    },
    has: (key) => record[key] !== undefined,
  };
  const kind = record['kind'];
  if (kind !== 'incus' && kind !== 'openstack')
    throw refuse('kind is not one that these agents know (incus, openstack)');
  const access = kind === 'incus' ? incusAccess(fields) : openStackAccess(fields);
  if (wrong.length > 0) throw refuse(`not a text: ${wrong.join(', ')}`);
  const fault = access.kind === 'incus' ? faultOfIncus(access) : faultOfOpenStack(access);
  if (fault !== undefined) throw refuse(fault);
  return access;
}

type Fields = {
  /** A missing one is noted, and empty here. */
  readonly text: (key: string) => string;
  readonly has: (key: string) => boolean;
};

const incusAccess = ({ text, has }: Fields): IncusAccess => ({
  kind: 'incus',
  endpoint: {
    url: text('url'),
    certificate: text('certificate'),
    key: text('key'),
    serverCertificate: text('serverCertificate'),
  },
  project: text('project'),
  ...(has('volumePool') ? { volumePool: text('volumePool') } : {}),
});

/** The credential by its id, or by its name and the id of the user whose it is. */
function openStackAccess({ text, has }: Fields): OpenStackAccess {
  const named = has('applicationCredentialName');
  return {
    kind: 'openstack',
    deployment: text('deployment'),
    credentials: {
      authUrl: text('authUrl'),
      auth: {
        method: 'application-credential',
        credential: named
          ? { name: text('applicationCredentialName'), user: { id: text('userId') } }
          : { id: text('applicationCredentialId') },
        secret: text('applicationCredentialSecret'),
      },
      ...(has('region') ? { region: text('region') } : {}),
      interface: has('interface') ? (text('interface') as OpenStackCredentials['interface']) : 'public',
      ...(has('caCertificate') ? { caCertificate: text('caCertificate') } : {}),
      // Fencing by whoever stands in between is no fencing, so a node has no way to switch the check off.
      verify: true,
    },
  };
}

function faultOfIncus({ endpoint }: IncusAccess): string | undefined {
  if (!URL.canParse(endpoint.url)) return 'url is not a URL';
  try {
    createSecureContext({ cert: endpoint.certificate, key: endpoint.key, ca: endpoint.serverCertificate });
  } catch (cause) {
    return `certificate and key are not PEM texts that belong together: ${systemCodeOf(cause)}`;
  }
  return undefined;
}

function faultOfOpenStack({ credentials }: OpenStackAccess): string | undefined {
  if (!URL.canParse(credentials.authUrl)) return 'authUrl is not a URL';
  if (!['public', 'internal', 'admin'].includes(credentials.interface))
    return 'interface is not one of public, internal, admin';
  try {
    if (credentials.caCertificate !== undefined) void new X509Certificate(credentials.caCertificate).subject;
  } catch (cause) {
    return `caCertificate is not a PEM text: ${systemCodeOf(cause)}`;
  }
  return undefined;
}

const systemCodeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown error';
