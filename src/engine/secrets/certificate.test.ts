import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeNodeCertificate } from './certificate.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

describe('makeNodeCertificate', () => {
  it('makes a self-signed client certificate on P-256, named after the deployment and valid for ten years', async () => {
    const now = Date.UTC(2026, 0, 1);
    const { certificate, key } = await makeNodeCertificate('billing', now);
    const parsed = new X509Certificate(certificate);
    expect(parsed.subject).toBe('CN=quorate-billing');
    expect(parsed.verify(parsed.publicKey)).toBe(true);
    expect(parsed.ca).toBe(false);
    expect(parsed.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    // id-kp-clientAuth (RFC 5280, 4.2.1.12), and nothing else: it cannot pose as a server.
    expect(parsed.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(Date.parse(parsed.validTo)).toBe(Date.UTC(2036, 0, 1));
    expect(Date.parse(parsed.validFrom)).toBe(now - DAY_MS);
    expect(parsed.checkPrivateKey(createPrivateKey(key))).toBe(true);
  });

  it('never makes the same key twice', async () => {
    const [one, other] = await Promise.all([makeNodeCertificate('a'), makeNodeCertificate('a')]);
    expect(one.key).not.toBe(other.key);
    expect(new X509Certificate(one.certificate).serialNumber).not.toBe(
      new X509Certificate(other.certificate).serialNumber,
    );
  });
});
