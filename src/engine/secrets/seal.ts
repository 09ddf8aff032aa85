/**
 * Keeps secrets unreadable in the store's file and its backups. AES-256-GCM (NIST SP 800-38D); the place a
 * secret belongs to is authenticated with it, so that one cannot be moved to another's place.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Refusal } from '../../kernel/refusal.ts';
import { readKey, readOrMakeKey } from './key-file.ts';

export type SecretPlace = { readonly deployment: string; readonly name: string };

export type Sealer = {
  /** Makes the key on first use. */
  seal(place: SecretPlace, text: string): string;
  /** Throws NOT_FOUND without the key, CONFLICT when this key or place is not what it was sealed with. */
  open(place: SecretPlace, sealed: string): string;
};

const cipher = 'aes-256-gcm';
/** First byte of what is sealed, so that another way may follow. */
const format = 1;
const nonceBytes = 12;
const tagBytes = 16;

/** A sealer whose key is the file `key` in the directory. */
export const fileSealer = (stateDirectory: string): Sealer => ({
  seal: (place, text) => seal(readOrMakeKey(stateDirectory), place, text),
  open: (place, sealed) => open(readKey(stateDirectory), place, sealed),
});

function seal(key: Buffer, place: SecretPlace, text: string): string {
  const nonce = randomBytes(nonceBytes);
  const sealing = createCipheriv(cipher, key, nonce).setAAD(label(place));
  const sealed = Buffer.concat([sealing.update(text, 'utf8'), sealing.final()]);
  return Buffer.concat([Buffer.of(format), nonce, sealing.getAuthTag(), sealed]).toString('base64');
}

function open(key: Buffer, place: SecretPlace, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64');
  const nonce = bytes.subarray(1, 1 + nonceBytes);
  const tag = bytes.subarray(1 + nonceBytes, 1 + nonceBytes + tagBytes);
  try {
    if (bytes[0] !== format) throw new Error('not a format of ours');
    const opening = createDecipheriv(cipher, key, nonce, { authTagLength: tagBytes })
      .setAAD(label(place))
      .setAuthTag(tag);
    return Buffer.concat([opening.update(bytes.subarray(1 + nonceBytes + tagBytes)), opening.final()]).toString('utf8');
  } catch (cause) {
    throw new Refusal(
      'CONFLICT',
      `the stored secret ${place.name} of ${place.deployment} was not sealed with this key`,
      {
        retry: 'never',
        next: 'put back the file `key` that belongs to this store',
        cause,
      },
    );
  }
}

/** JSON, so that no two places have the same text. */
const label = (place: SecretPlace): Buffer => Buffer.from(JSON.stringify([place.deployment, place.name]));
