/**
 * A deployment's credential in the local cloud: a deployment's name in, a client certificate and its key out. The
 * certificate signs itself and is trusted by being registered (Incus, doc/authentication.md, "TLS client
 * certificates"); what it may do is decided there, so nothing here knows of projects.
 */
import { webcrypto } from 'node:crypto';

/** Longer than any deployment is expected to live: nothing on the nodes renews it. */
const VALID_YEARS = 10;
/** A clock that is somewhat behind (a node's, after a resume) must not find the certificate not yet valid. */
const BACKDATED_MS = 24 * 60 * 60 * 1000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** PEM texts; the key is a secret (PKCS #8, not encrypted). */
export type NodeCertificate = { readonly certificate: string; readonly key: string };

/**
 * Makes a new EC P-256 key and a certificate for it, `CN=quorate-<deployment>`, for client authentication only.
 * Never the same twice: make it once a deployment and keep it sealed.
 */
export async function makeNodeCertificate(deployment: string, now: number = Date.now()): Promise<NodeCertificate> {
  // Loaded here only: it takes 0.1 s, and most commands make no certificate. Its tsyringe needs the first import.
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const notBefore = new Date(now - BACKDATED_MS);
  const notAfter = new Date(now);
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + VALID_YEARS);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: [{ CN: [`quorate-${deployment}`] }],
      notBefore,
      notAfter,
      keys,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth], true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { certificate: certificate.toString('pem'), key: x509.PemConverter.encode(key, 'PRIVATE KEY') };
}
