import { expect, test } from 'vitest';
import { isEmptyTable } from './remove-host.ts';

const head = [{ metainfo: { version: '1.0.6' } }, { table: { family: 'inet', name: 'incus', handle: 4 } }];

test('a table without chains is empty, and one with a chain is somebody’s', () => {
  expect(isEmptyTable(JSON.stringify({ nftables: head }))).toBe(true);
  const chain = { chain: { family: 'inet', table: 'incus', name: 'fwd.incusbr0', handle: 1 } };
  expect(isEmptyTable(JSON.stringify({ nftables: [...head, chain] }))).toBe(false);
});
