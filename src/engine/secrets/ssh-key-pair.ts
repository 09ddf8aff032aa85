/**
 * An Ed25519 key pair in the formats that OpenSSH reads. Node.js makes the key and writes it as PKCS#8 only,
 * which OpenSSH reads since 9.6; Debian 12 has 9.2, and a machine may have no ssh-keygen at all.
 * Source: OpenSSH, PROTOCOL.key; RFC 8709 (the public key's encoding).
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { SshKeyPair } from '../../clouds/cloud.ts';
import { invariant } from '../../kernel/invariant.ts';

const keyType = 'ssh-ed25519';
const noCipherBlockBytes = 8;

export function makeSshKeyPair(comment: string): SshKeyPair {
  const { d, x } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  invariant(d !== undefined && x !== undefined, 'an Ed25519 key has both halves (RFC 8037)');
  const point = Buffer.from(x, 'base64url');
  const publicBlob = Buffer.concat([field(keyType), field(point)]);
  const check = randomBytes(4);
  const secretPart = padded([
    check,
    check,
    field(keyType),
    field(point),
    field(Buffer.concat([Buffer.from(d, 'base64url'), point])),
    field(comment),
  ]);
  const count = Buffer.from([0, 0, 0, 1]);
  const noKdfOptions = field('');
  const body = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    field('none'),
    field('none'),
    noKdfOptions,
    count,
    field(publicBlob),
    field(secretPart),
  ]);
  const lines = body.toString('base64').match(/.{1,70}/g) ?? [];
  return {
    privateKey: `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`,
    publicKey: `${keyType} ${publicBlob.toString('base64')} ${comment}`,
  };
}

/** RFC 4251, "string": its length in four bytes, then the bytes. */
function field(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function padded(parts: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat(parts);
  const missing = (noCipherBlockBytes - (bytes.length % noCipherBlockBytes)) % noCipherBlockBytes;
  return Buffer.concat([bytes, Buffer.from(Array.from({ length: missing }, (_, index) => index + 1))]);
}
