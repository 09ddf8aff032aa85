/** `recorded/haproxy.txt` is what HAProxy 3.0.11 said, without most of `show info`: a node behind was just booting. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseHaproxy } from './parse-haproxy.ts';

const recorded = readFileSync(join(import.meta.dirname, 'recorded', 'haproxy.txt'), 'utf8');

describe('parseHaproxy', () => {
  it('reads what HAProxy has loaded, and who gets traffic', () => {
    expect(parseHaproxy(recorded)).toEqual({
      digest: 'b003d6dca20b5057',
      servers: [
        { proxy: 'web-80', node: 'app-1', up: true },
        { proxy: 'web-80', node: 'app-2', up: true },
        { proxy: 'web-80', node: 'app-3', up: true },
        { proxy: 'web-80', node: 'app-4', up: false },
      ],
    });
  });

  it.each([
    ['UP 1/2', true],
    ['no check', true],
    ['DOWN 1/2', false],
    ['MAINT', false],
    ['NOLB', false],
  ])('takes a server that is %s for one that gets traffic: %s', (state, up) => {
    expect(parseHaproxy(recorded.replace(',DOWN,', `,${state},`)).servers.at(-1)).toMatchObject({ node: 'app-4', up });
  });

  it('reads the digest of a configuration too, and nothing of servers there', () => {
    const text =
      'global\n    description quorate-0123456789abcdef\nlisten web-80\n    server app-1 10.0.0.1:80 check\n';
    expect(parseHaproxy(text)).toEqual({ digest: '0123456789abcdef', servers: [] });
  });

  it.each(['', 'global\n    description of somebody else\n'])('finds nothing of ours in %j', (text) => {
    expect(parseHaproxy(text)).toEqual({ digest: undefined, servers: [] });
  });
});
