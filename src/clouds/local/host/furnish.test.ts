import { expect, test } from 'vitest';
import type { Cidr } from '../../../kernel/ipv4.ts';
import { parseCidr } from '../../../kernel/ipv4.ts';
import { freeExternal } from './furnish.ts';

const cidr = (text: string): Cidr => parseCidr(text) ?? expect.fail(`${text} is no network`);

test('the external network is the first range when the host routes none of them', () => {
  expect(freeExternal([cidr('10.0.0.0/8')])).toBe('172.29.77.0/24');
});

test('the external network steps aside for a range that the host routes, even in part', () => {
  expect(freeExternal([cidr('172.29.77.0/29'), cidr('172.30.0.0/16')])).toBe('172.31.77.0/24');
});

test('a host that routes every range is refused with the ranges named', () => {
  const all = ['172.16.0.0/12', '192.168.0.0/16', '198.18.0.0/15'].map(cidr);
  expect(() => freeExternal(all)).toThrow(
    expect.objectContaining({ code: 'CONFLICT', message: expect.stringContaining('192.168.77.0/24') }),
  );
});
