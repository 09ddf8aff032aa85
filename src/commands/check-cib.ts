/**
 * The CIB that a file means against Pacemaker's own schema, where that is at hand: with the node image. When
 * it is refused, it is tried with less and less of `raw`, so that the complaint stands at the part that causes it.
 */
import type { Diagnostic } from '../kernel/diagnostic.ts';
import { type DeploymentSpec, parseSpec } from '../spec/index.ts';
import { deriveTopology } from '../topology/derive.ts';
import { type Cluster, emptyRoster } from '../topology/topology.ts';
import { invalidInput } from './read-spec.ts';

/** Pacemaker's words against a CIB; empty when it accepts it. */
type Complaints = (cib: string) => Promise<readonly string[]>;

/** Throws INVALID_INPUT with the diagnostics. */
export async function requireValidCib(text: string, complaints: Complaints): Promise<void> {
  const parsed = parseSpec(text);
  if (parsed.spec === undefined) return;
  const found = await cibProblems(parsed.spec, complaints);
  if (found.length > 0) throw invalidInput(parsed.locate(found));
}

async function cibProblems(spec: DeploymentSpec, complaints: Complaints): Promise<readonly Diagnostic[]> {
  const { renderCib } = await import('../artefacts/cib/render-cib.ts');
  const { topology } = deriveTopology(spec, emptyRoster);
  const found: Diagnostic[] = [];
  for (const cluster of topology.clusters) {
    const against = (raw: Cluster['raw']) => complaints(renderCib(topology.deployment, { ...cluster, raw }));
    found.push(...(await blamed(cluster.raw, against)));
  }
  return found;
}

/** The first of the parts, one added to the other, with which Pacemaker refuses: constraints name resources. */
async function blamed(
  { resources, constraints }: Cluster['raw'],
  against: (raw: Cluster['raw']) => Promise<readonly string[]>,
): Promise<readonly Diagnostic[]> {
  const beside = resources === undefined ? {} : { resources };
  const parts = [
    { path: ['raw', 'constraints'], raw: constraints === undefined ? beside : { ...beside, constraints } },
    { path: ['raw', 'resources'], raw: beside },
    { path: [], raw: {} },
  ];
  let found: Diagnostic | undefined;
  for (const { path, raw } of parts) {
    const words = await against(raw);
    if (words.length === 0) break;
    found = refused(path, words);
  }
  return found === undefined ? [] : [found];
}

const refused = (path: Diagnostic['path'], words: readonly string[]): Diagnostic => ({
  code: 'cib-schema',
  severity: 'error',
  path,
  message: `Pacemaker does not accept this: ${words.join('; ')}`,
  hint: 'see "Pacemaker Explained" for what the element needs',
});
