/**
 * A whole collection, page by page. Every service links the next page its own way: Nova, Cinder and Neutron with
 * `KEY_links: [{rel: next, href}]`, Keystone with `links.next`, Glance with `next`; Heat sends all at once.
 * Of a link only its query is used: behind a proxy its host is often one that clients cannot reach.
 */
import type { OpenStackCall } from './call.ts';
import type { OpenStackClient } from './client.ts';

/** The objects under `key` of every page, unchecked. */
export async function listAll(
  client: Pick<OpenStackClient, 'call'>,
  call: Omit<OpenStackCall, 'method'>,
  key: string,
): Promise<readonly unknown[]> {
  const all: unknown[] = [];
  const seen = new Set<string>();
  let query = call.query;
  for (;;) {
    const { body } = await client.call({ ...call, ...(query === undefined ? {} : { query }), method: 'GET' });
    const page = body as Readonly<Record<string, unknown>>;
    all.push(...((page[key] as readonly unknown[] | undefined) ?? []));
    const next = nextLink(page, key);
    // A service that links a page to itself would keep us here for ever.
    if (next === undefined || seen.has(next)) return all;
    seen.add(next);
    query = { ...query, ...queryOf(next) };
  }
}

function nextLink(page: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const links = page[`${key}_links`] as readonly { readonly rel: string; readonly href: string }[] | undefined;
  const found =
    links?.find(({ rel }) => rel === 'next')?.href ??
    (page['links'] as { readonly next?: string | null } | undefined)?.next ??
    (page['next'] as string | null | undefined);
  return found ?? undefined;
}

function queryOf(link: string): Readonly<Record<string, readonly string[]>> {
  const { searchParams } = new URL(link, 'http://any');
  return Object.fromEntries([...new Set(searchParams.keys())].map((key) => [key, searchParams.getAll(key)]));
}
