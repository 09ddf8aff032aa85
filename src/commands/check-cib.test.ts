import { expect, test } from 'vitest';
import { asRefusal } from '../kernel/refusal.ts';
import { requireValidCib } from './check-cib.ts';

const text = `apiVersion: quorate/v1
name: web
raw:
  resources: <primitive id="db" class="ocf" provider="heartbeat" type="pgsql"/>
  constraints: <rsc_order id="first" first="db" then="fencing"/>
`;

/** Stands where Pacemaker's schema does: refuses a CIB that has one of the words in it. */
const refusing =
  (...words: readonly string[]) =>
  async (cib: string) =>
    words.filter((word) => cib.includes(word)).map((word) => `no ${word}`);

const told = async (...words: readonly string[]) => {
  const refusal = asRefusal(await requireValidCib(text, refusing(...words)).catch((error: unknown) => error));
  const found = (refusal?.data['diagnostics'] ?? []) as { path: string[]; message: string; at: { line: number } }[];
  return found.map(({ path, message, at }) => `${path.join('.')} at ${at.line}: ${message.split(': ')[1]}`);
};

test('a complaint stands at the raw part that causes it, with its line', async () => {
  expect(await told('pgsql')).toEqual(['raw.resources at 4: no pgsql']);
  expect(await told('rsc_order id="first"')).toEqual(['raw.constraints at 5: no rsc_order id="first"']);
  expect(await told('pgsql', 'rsc_order id="first"')).toEqual(['raw.resources at 4: no pgsql']);
});

test('what Quorate itself writes is told once, and not blamed on the person', async () => {
  expect(await told('fence_quorate')).toEqual([' at 1: no fence_quorate']);
});

test('an accepted CIB passes', async () => {
  expect(await told('something else')).toEqual([]);
});
