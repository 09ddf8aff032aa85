/** What Pacemaker's scheduler would do with a CIB, by the node image's `crm_simulate`. */
import { XmlDocument, type XmlElement } from 'libxml2-wasm';
import { expect } from 'vitest';
import type { CheckerNode } from './checker-node.ts';

/** The CIB once all members are online, as Pacemaker itself writes it. */
export async function withMembersUp(node: CheckerNode, cib: string, members: readonly string[]): Promise<string> {
  await node.put('/checked/cib.xml', cib);
  const up = members.flatMap((member) => ['-u', member]).join(' ');
  const { exitCode, output } = await node.sh(
    `crm_simulate -x /checked/cib.xml ${up} -q 1 -O /checked/up.xml >/checked/log || { cat /checked/log; exit 1; }; cat /checked/up.xml`,
  );
  expect([exitCode, output]).toEqual([0, expect.stringContaining('<node_state')]);
  return output;
}

/** Where each resource is after the transition that Pacemaker would make: `www: Started app-2`, one an instance. */
export const afterTransition = async (node: CheckerNode, up: string): Promise<readonly string[]> =>
  (await transition(node, up)).placed;

/** The same, and the CIB that it leads to. */
export async function transition(node: CheckerNode, up: string): Promise<{ placed: readonly string[]; cib: string }> {
  await node.put('/checked/up.xml', up);
  const simulate = 'crm_simulate -x /checked/up.xml -S -q 1 -O /checked/after.xml --output-as=xml';
  const { exitCode, output } = await node.sh(simulate);
  expect(exitCode).toBe(0);
  return { placed: placedIn(output), cib: (await node.sh('cat /checked/after.xml')).output };
}

/** The CIB with a node that is gone (`-d lb-1`) or back (`-u lb-1`), before Pacemaker does anything about it. */
export async function withNode(node: CheckerNode, cib: string, change: string): Promise<string> {
  await node.put('/checked/cib.xml', cib);
  const inject = `crm_simulate -x /checked/cib.xml ${change} -q 1 -O /checked/changed.xml >/checked/log`;
  const { exitCode, output } = await node.sh(`${inject} && cat /checked/changed.xml`);
  expect(exitCode).toBe(0);
  return output;
}

function placedIn(simulation: string): readonly string[] {
  using document = XmlDocument.fromString(simulation);
  const resources = document.find('//revised_cluster_status//resource') as XmlElement[];
  return resources.map((resource) => {
    const on = (resource.find('./node/@name') as { content: string }[]).map(({ content }) => content);
    return `${resource.attr('id')?.value}: ${resource.attr('role')?.value} ${on.join(' ')}`.trim();
  });
}
