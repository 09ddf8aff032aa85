import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asRefusal, type Refusal } from '../../../kernel/refusal.ts';
import { knownClouds, readCloudConfig } from './index.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clouds-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};
const withClouds = (text: string) => ({ OS_CLIENT_CONFIG_FILE: write('my.yaml', text), HOME: folder });
const refused = async (work: Promise<unknown>): Promise<Refusal> => {
  const refusal = await work.then(
    () => undefined,
    (error: unknown) => asRefusal(error),
  );
  if (refusal === undefined) throw new Error('it was not refused');
  return refusal;
};

const clouds = `clouds:
  prod:
    auth:
      auth_url: https://keystone.example:5000/v3
      username: ann
      password: 1234
      project_name: shop
      user_domain_name: People
      project_domain_id: d2
    region_name: north
    interface: internal
    verify: false
  robot:
    auth_type: v3applicationcredential
    auth:
      auth_url: https://keystone.example:5000/v3
      application_credential_id: abc
`;

describe('a cloud of clouds.yaml', () => {
  it('gives what its keys say', async () => {
    const { credentials, settings } = await readCloudConfig('prod', withClouds(clouds));
    expect(settings).toEqual({});
    expect(credentials).toEqual({
      authUrl: 'https://keystone.example:5000/v3',
      auth: {
        method: 'password',
        user: { name: 'ann', domain: { name: 'People' } },
        password: '1234',
        project: { name: 'shop', domain: { id: 'd2' } },
      },
      region: 'north',
      interface: 'internal',
      verify: false,
    });
  });

  it('takes secrets from secure.yaml', async () => {
    const secure = write('secure.yaml', 'clouds: {robot: {auth: {application_credential_secret: s3cret}}}');
    const env = { ...withClouds(clouds), OS_CLIENT_SECURE_FILE: secure };
    expect((await readCloudConfig('robot', env)).credentials.auth).toEqual({
      method: 'application-credential',
      credential: { id: 'abc' },
      secret: 's3cret',
    });
  });

  it('says every problem with its line, and no secret', async () => {
    const broken = clouds.replace('username: ann', 'user: ann').replace('interface: internal', 'interface: outside');
    const refusal = await refused(readCloudConfig('prod', withClouds(broken)));
    expect(refusal.code).toBe('INVALID_INPUT');
    expect(refusal.message.replaceAll(folder, '')).toBe(
      [
        '/my.yaml:3:5: error[missing-key] clouds.prod.auth.username: `username` is missing',
        '    or `user_id`',
        '/my.yaml:11:16: error[not-allowed] clouds.prod.interface: must be public, internal or admin',
        '    leave it out for public',
      ].join('\n'),
    );
    expect(JSON.stringify(refusal.data)).not.toContain('1234');
  });

  it('reads the authority from its file', async () => {
    const ca = write('ca.pem', '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n');
    const env = withClouds(clouds.replace('verify: false', `cacert: ${ca}`));
    expect((await readCloudConfig('prod', env)).credentials.caCertificate).toContain('BEGIN CERTIFICATE');
    const missing = withClouds(clouds.replace('verify: false', 'cacert: /nowhere/ca.pem'));
    expect((await refused(readCloudConfig('prod', missing))).message).toContain('/nowhere/ca.pem: ENOENT');
  });

  it('has what was chosen of it under a key of our own, and no other word there', async () => {
    const chosen = `${clouds}    quorate: {external_network: outside, dns_servers: [192.0.2.53], access_from: 192.0.2.0/24}\n`;
    const secure = write('secure.yaml', 'clouds: {robot: {auth: {application_credential_secret: s3cret}}}');
    const env = { ...withClouds(chosen), OS_CLIENT_SECURE_FILE: secure };
    expect((await readCloudConfig('robot', env)).settings).toEqual({
      externalNetwork: 'outside',
      dnsServers: ['192.0.2.53'],
      accessFrom: '192.0.2.0/24',
    });
    const misspelt = {
      ...withClouds(chosen.replace('external_network', 'externl_network')),
      OS_CLIENT_SECURE_FILE: secure,
    };
    expect((await refused(readCloudConfig('robot', misspelt))).message).toMatch(
      /my\.yaml:\d+:\d+: error\[unknown-key\] clouds\.robot\.quorate\.externl_network: .*\n +did you mean `external_network`\?/,
    );
  });

  it('that is not there is told with the names that are, the nearest first', async () => {
    expect(await refused(readCloudConfig('prdo', withClouds(clouds)))).toMatchObject({
      code: 'NOT_FOUND',
      next: 'Did you mean prod?',
      data: { known: ['prod', 'robot'] },
    });
  });

  it('is not looked for in a file that is no YAML', async () => {
    expect(await refused(readCloudConfig('prod', withClouds('clouds: [')))).toMatchObject({ code: 'INVALID_INPUT' });
  });
});

describe('OS_* variables', () => {
  const variables = () => ({
    OS_CLIENT_CONFIG_FILE: write('empty.yaml', ''),
    HOME: folder,
    OS_AUTH_URL: 'http://127.0.0.1:5000/v3',
    OS_USERNAME: 'ann',
    OS_PASSWORD: 'secret',
    OS_PROJECT_NAME: 'shop',
    OS_DEFAULT_DOMAIN: 'default',
  });

  it('are the cloud envvars', async () => {
    expect(await knownClouds(variables())).toEqual(['envvars']);
    expect((await readCloudConfig('envvars', variables())).credentials).toMatchObject({
      authUrl: 'http://127.0.0.1:5000/v3',
      auth: { user: { name: 'ann', domain: { id: 'default' } } },
      interface: 'public',
      verify: true,
    });
  });

  it('never stand for a cloud of another name', async () => {
    expect(await refused(readCloudConfig('prod', variables()))).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('are named as such when one is missing', async () => {
    const refusal = await refused(readCloudConfig('envvars', { ...variables(), OS_PASSWORD: '' }));
    expect(refusal.message).toContain('environment: error[missing-key] OS_PASSWORD: `password` is missing');
  });
});
