/** The stacks of the larger scenarios; the last fills two slices of a role, and its change begins a third. */
import { makeChangeRemove } from './scenario.ts';

await makeChangeRemove('quorate-scenarios', [
  { what: '16+16', balancers: 16, nodes: 16 },
  { what: '2+3+3', balancers: 2, nodes: 3, storage: 3 },
  { what: '3+40', nodes: 3, roles: 40 },
  { what: '3+110', nodes: 3, roles: 110 },
]);
