import { describe, expect, it } from 'vitest';
import { parseNodelist } from './parse-nodelist.ts';

const text = `nodelist.local_node_pos (u32) = 0
nodelist.node.0.name (str) = app-1
nodelist.node.0.nodeid (u32) = 1
nodelist.node.0.ring0_addr (str) = 10.75.96.101
nodelist.node.1.name (str) = app-4
nodelist.node.1.nodeid (u32) = 4
nodelist.node.1.ring0_addr (str) = 10.75.96.104
nodelist.node.2.name (str) = half
`;

describe('parseNodelist', () => {
  it('reads what corosync-cmapctl prints, and passes over half an entry', () => {
    expect(parseNodelist(text)).toEqual([
      { name: 'app-1', id: 1, address: '10.75.96.101' },
      { name: 'app-4', id: 4, address: '10.75.96.104' },
    ]);
  });

  it('finds nobody where corosync does not run', () => {
    expect(parseNodelist('')).toEqual([]);
  });
});
