import { expect, it } from 'vitest';
import type { OpenStackCall } from './index.ts';
import { listAll } from './index.ts';

/** Answers with the pages in their order, and notes what was asked. */
function pager(pages: readonly object[]) {
  const asked: OpenStackCall[] = [];
  const call = async (one: OpenStackCall) => {
    asked.push(one);
    return { status: 200, headers: {}, body: pages[Math.min(asked.length, pages.length) - 1] };
  };
  return { asked, call };
}

const href = 'https://inside.example/v2.1/servers?marker=m1&limit=1';

it.each([
  ['Nova and Neutron', { servers: [1], servers_links: [{ rel: 'next', href }] }],
  ['Keystone', { servers: [1], links: { next: href, self: 'x' } }],
  ['Glance', { servers: [1], next: '/v2/servers?marker=m1&limit=1' }],
])('a collection is read to its last page as %s links it', async (_, first) => {
  const cloud = pager([first, { servers: [2], links: { next: null } }]);
  const call = { service: 'compute', path: '/servers', query: { status: 'ACTIVE' } } as const;
  expect(await listAll(cloud, call, 'servers')).toEqual([1, 2]);
  expect(cloud.asked[1]?.query).toEqual({ status: 'ACTIVE', marker: ['m1'], limit: ['1'] });
});

it('a page that links to itself ends the collection', async () => {
  const cloud = pager([{ servers: [1], next: href }]);
  expect(await listAll(cloud, { service: 'compute', path: '/servers' }, 'servers')).toEqual([1, 1]);
});
