/**
 * What HAProxy's `show info` and `show stat` print -> which configuration it has loaded, and which servers get
 * traffic (Management Guide 3.0, sections 9.1 and 9.3). While it does not run, its configuration's text tells
 * the digest, and nothing of servers.
 */

export type HaproxyView = {
  /** As `haproxy.cfg` describes itself; undefined for one that Quorate did not write. */
  readonly digest: string | undefined;
  readonly servers: readonly { readonly proxy: string; readonly node: string; readonly up: boolean }[];
};

export function parseHaproxy(text: string): HaproxyView {
  const digest = /^\s*description:? quorate-([0-9a-f]{16})$/m.exec(text)?.[1];
  const table = text.slice(Math.max(0, text.indexOf('# pxname,'))).split('\n');
  const columns = (table[0] ?? '').replace('# ', '').split(',');
  const [proxyAt, serverAt, statusAt] = ['pxname', 'svname', 'status'].map((name) => columns.indexOf(name));
  if (proxyAt === undefined || serverAt === undefined || statusAt === undefined || statusAt < 0)
    return { digest, servers: [] };
  const rows = table.slice(1).map((line) => line.split(','));
  return {
    digest,
    servers: rows
      .filter((row) => row.length > statusAt && row[serverAt] !== 'FRONTEND' && row[serverAt] !== 'BACKEND')
      // `UP`, `UP 1/3` on its way down, `no check`; `DOWN`, `DOWN 1/2` on its way up, `MAINT`, `NOLB`.
      .map((row) => ({
        proxy: row[proxyAt] ?? '',
        node: row[serverAt] ?? '',
        up: /^(UP|no check)/.test(row[statusAt] ?? ''),
      })),
  };
}
