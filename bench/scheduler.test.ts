import { expect, it } from 'vitest';
import { renderCib } from '../src/artefacts/cib/render-cib.ts';
import { coreWith, plainly } from './scheduler.ts';

it('compares one rule a role with one constraint for each resource and each node of another role', () => {
  const cluster = coreWith(50);
  const ours = renderCib('bench', cluster);
  const plain = plainly(ours, cluster);
  const count = (cib: string) => cib.match(/<rsc_location /g)?.length ?? 0;
  // Ten roles of five nodes, four resources each; three members.
  expect(count(ours)).toBe(11);
  expect(count(plain)).toBe(1 + 10 * 4 * (3 + 9 * 5));
});
