/** The largest single cluster, and two clusters. */
import { makeChangeRemove } from '../scenario.ts';

await makeChangeRemove('quorate-sizes', [
  { what: '16', nodes: 16 },
  { what: '2+3', balancers: 2, nodes: 3 },
]);
