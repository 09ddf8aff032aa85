import { spawn } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newStateDirectory } from '../state-directory-test-kit.ts';
import { fileSealer } from './seal.ts';

const place = { deployment: 'shop', name: 'authkey/app' };

describe('sealing', () => {
  it('gives back any text, and never the same sealed text twice', () => {
    const sealer = fileSealer(newStateDirectory());
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).filter((secret) => secret.isWellFormed()),
        (secret) => {
          const sealed = sealer.seal(place, secret);
          expect(sealer.open(place, sealed)).toBe(secret);
          expect(sealer.seal(place, secret)).not.toBe(sealed);
        },
      ),
    );
  });

  it('refuses another place, another key and any changed bit', () => {
    const sealer = fileSealer(newStateDirectory());
    const sealed = sealer.seal(place, 'a secret');
    const refused = expect.objectContaining({ code: 'CONFLICT' }) as Error;
    expect(() => sealer.open({ ...place, deployment: 'other' }, sealed)).toThrow(refused);
    expect(() => sealer.open({ ...place, name: 'authkey/lb' }, sealed)).toThrow(refused);
    const other = fileSealer(newStateDirectory());
    other.seal(place, 'x');
    expect(() => other.open(place, sealed)).toThrow(refused);
    for (let index = 0; index < Buffer.from(sealed, 'base64').length; index += 1) {
      const bytes = Buffer.from(sealed, 'base64');
      bytes.writeUInt8(bytes.readUInt8(index) ^ 1, index);
      expect(() => sealer.open(place, bytes.toString('base64'))).toThrow(refused);
    }
    expect(() => sealer.open(place, '')).toThrow(refused);
    // A shortened tag would be easier to forge.
    expect(() => sealer.open(place, Buffer.from(sealed, 'base64').subarray(0, 20).toString('base64'))).toThrow(refused);
  });
});

describe('the key file', () => {
  it('is 32 bytes, for the owner only, made once and alone in its directory', () => {
    const directory = newStateDirectory();
    fileSealer(directory).seal(place, 'x');
    const key = readFileSync(join(directory, 'key'));
    expect(key).toHaveLength(32);
    expect(statSync(join(directory, 'key')).mode & 0o777).toBe(0o600);
    fileSealer(directory).seal(place, 'x');
    expect(readFileSync(join(directory, 'key'))).toEqual(key);
    expect(readdirSync(directory)).toEqual(['key']);
  });

  it('is refused when others can read it', () => {
    const directory = newStateDirectory();
    fileSealer(directory).seal(place, 'x');
    chmodSync(join(directory, 'key'), 0o644);
    expect(() => fileSealer(directory).seal(place, 'x')).toThrow(expect.objectContaining({ code: 'TOOL_MISSING' }));
  });

  it('is refused when it is cut short, and not made anew', () => {
    const directory = newStateDirectory();
    writeFileSync(join(directory, 'key'), 'short', { mode: 0o600 });
    expect(() => fileSealer(directory).seal(place, 'x')).toThrow(expect.objectContaining({ code: 'TOOL_MISSING' }));
    expect(readFileSync(join(directory, 'key'), 'utf8')).toBe('short');
  });

  it('that is lost is not replaced while opening, and its absence is told', () => {
    const sealed = fileSealer(newStateDirectory()).seal(place, 'x');
    const directory = newStateDirectory();
    expect(() => fileSealer(directory).open(place, sealed)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is one and the same for processes that make it at once', async () => {
    const directory = newStateDirectory();
    const program = `
      const { fileSealer } = await import(${JSON.stringify(new URL('./seal.ts', import.meta.url).href)});
      console.log(fileSealer(process.argv[1]).seal(${JSON.stringify(place)}, 'x'));`;
    const sealed = await Promise.all(
      Array.from({ length: 5 }, () => {
        const running = spawn(process.execPath, ['--input-type=module', '-e', program, directory]);
        return text(running.stdout);
      }),
    );
    const sealer = fileSealer(directory);
    expect(sealed.map((each) => sealer.open(place, each.trim()))).toEqual(['x', 'x', 'x', 'x', 'x']);
    expect(readdirSync(directory)).toEqual(['key']);
  }, 20_000);
});
