/** `corosync-cmapctl nodelist.` -> the members that corosync runs with (corosync-cmapctl(8), cmap_keys(7)). */
export type ListedMember = { readonly name: string; readonly id: number; readonly address: string };

/** In corosync's order; an entry without a name, id or address is passed over. */
export function parseNodelist(text: string): readonly ListedMember[] {
  const entries = new Map<string, Map<string, string>>();
  for (const [, position, key, value] of text.matchAll(/^nodelist\.node\.(\d+)\.(\w+) \(\w+\) = (\S+)$/gm)) {
    if (position === undefined || key === undefined || value === undefined) continue;
    const entry = entries.get(position) ?? new Map<string, string>();
    entries.set(position, entry.set(key, value));
  }
  return [...entries.values()].flatMap((entry) => {
    const [name, id, address] = ['name', 'nodeid', 'ring0_addr'].map((key) => entry.get(key));
    return name === undefined || id === undefined || address === undefined ? [] : [{ name, id: Number(id), address }];
  });
}
