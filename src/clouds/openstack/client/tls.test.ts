import { webcrypto } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createOpenStackClient, type OpenStackCredentials } from './index.ts';

/** A Keystone that refuses everybody, behind a certificate that no system trusts. */
let server: Server;
let authUrl: string;
let certificate: string;

beforeAll(async () => {
  // In this order: the second needs the first.
  await import('reflect-metadata');
  const { GeneralName, PemConverter, SubjectAlternativeNameExtension, X509CertificateGenerator } = await import(
    '@peculiar/x509'
  );
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const made = await X509CertificateGenerator.createSelfSigned(
    {
      name: 'CN=keystone',
      keys,
      signingAlgorithm: algorithm,
      extensions: [new SubjectAlternativeNameExtension([new GeneralName('ip', '127.0.0.1')])],
    },
    webcrypto,
  );
  certificate = made.toString('pem');
  const key = PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  server = createServer({ key, cert: certificate }, (_, response) => response.writeHead(401).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  authUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}/v3`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const signIn = (options: Partial<OpenStackCredentials>) =>
  createOpenStackClient({
    authUrl,
    auth: { method: 'token', token: 'any' },
    interface: 'public',
    verify: true,
    ...options,
  }).session();

it('a server whose certificate nobody vouches for is not talked to, and not tried again', async () => {
  await expect(signIn({})).rejects.toMatchObject({
    code: 'CLOUD_UNREACHABLE',
    retry: 'never',
    data: { sent: false, systemCode: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
  });
});

it.each([
  ['its authority is named', () => ({ caCertificate: certificate })],
  ['the person does not want it checked', () => ({ verify: false })],
])('a server is talked to when %s', async (_, options) => {
  await expect(signIn(options())).rejects.toMatchObject({ code: 'CLOUD_REFUSED', data: { status: 401 } });
});
