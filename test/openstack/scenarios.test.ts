/** The stacks of the larger scenarios, up to 43 nodes. */
import { makeChangeRemove } from './scenario.ts';

await makeChangeRemove('quorate-scenarios', [
  { what: '16+16', balancers: 16, nodes: 16 },
  { what: '2+3+3', balancers: 2, nodes: 3, storage: 3 },
  { what: '3+40', nodes: 3, roles: 40 },
]);
