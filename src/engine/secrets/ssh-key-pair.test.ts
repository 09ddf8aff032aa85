import { createPublicKey, sign, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeSshKeyPair } from './ssh-key-pair.ts';

/** The fields of a sequence of RFC 4251 strings. */
function fields(bytes: Buffer): readonly Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 4 + (found.at(-1)?.length ?? 0))
    found.push(bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at)));
  return found;
}

describe('makeSshKeyPair', () => {
  it('writes two halves that belong together, with the comment', () => {
    const { privateKey, publicKey } = makeSshKeyPair('quorate shop');
    const [type, blob, ...comment] = publicKey.split(' ');
    expect([type, comment.join(' ')]).toEqual(['ssh-ed25519', 'quorate shop']);
    const point = fields(Buffer.from(blob ?? '', 'base64'))[1] ?? Buffer.of();
    const body = Buffer.from(privateKey.replace(/-----.*-----|\n/g, ''), 'base64');
    expect(body.indexOf(Buffer.from(blob ?? '', 'base64'))).toBeGreaterThan(0);
    const secret = body.subarray(body.lastIndexOf(point) - 32, body.lastIndexOf(point));
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: point.toString('base64url') };
    const message = Buffer.from('signed');
    const signature = sign(null, message, { key: { ...jwk, d: secret.toString('base64url') }, format: 'jwk' });
    expect(verify(null, message, createPublicKey({ key: jwk, format: 'jwk' }), signature)).toBe(true);
  });

  it('makes another key each time', () => {
    expect(makeSshKeyPair('a').publicKey).not.toBe(makeSshKeyPair('a').publicKey);
  });
});
