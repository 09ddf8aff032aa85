import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { controlPathOf, ensureControlDirectory } from './control-directory.ts';

const made: string[] = [];
const temporary = (): string => {
  made.push(mkdtempSync(join(tmpdir(), 'quorate-control-')));
  return made.at(-1) ?? '';
};
afterAll(() => made.forEach((each) => rmSync(each, { recursive: true })));

describe('the directory of the shared connections', () => {
  it('is for this user alone, and the same one each time', async () => {
    const place = temporary();
    const directory = await ensureControlDirectory(place);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(await ensureControlDirectory(place)).toBe(directory);
  });

  it('is refused when somebody else could use it', async () => {
    const name = `quorate-ssh-${userInfo().uid}`;
    const opened = temporary();
    mkdirSync(join(opened, name));
    chmodSync(join(opened, name), 0o755);
    await expect(ensureControlDirectory(opened)).rejects.toMatchObject({ code: 'TOOL_MISSING' });
    const led = temporary();
    symlinkSync(temporary(), join(led, name));
    await expect(ensureControlDirectory(led)).rejects.toMatchObject({ code: 'TOOL_MISSING' });
  });

  it('keeps every socket within what the kernel takes, wherever temporary files are', async () => {
    const deep = join(temporary(), 'a'.repeat(80));
    mkdirSync(deep);
    const path = controlPathOf(await ensureControlDirectory(deep), ['anything']);
    expect(`${path}.0123456789abcdef`.length).toBeLessThan(108);
  });

  it('gives a connection with another key or address another socket', () => {
    const paths = [['a', 'b'], ['a', 'c'], ['ab'], ['a', 'b', '']].map((identity) => controlPathOf('/d', identity));
    expect(new Set(paths).size).toBe(4);
  });
});
