import { asRefusal } from '../kernel/refusal.ts';
import type { DeploymentSpec } from '../spec/index.ts';
import { deriveTopology } from '../topology/derive.ts';
import { emptyRoster } from '../topology/topology.ts';
import type { Context, HostFinding } from './context.ts';
import { readSpec } from './read-spec.ts';
import { readExample } from './starter.ts';

export type Examination = { readonly cloud: string; readonly fit: boolean; readonly findings: readonly HostFinding[] };

export type DoctorInput = {
  readonly cloud?: string;
  /** A deployment's; undefined: what examples/basic would need. */
  readonly text?: string;
};

/**
 * For the local cloud: what this machine has and lacks, with numbers and what to do; runs where nothing is installed. For
 * another one: whether it lets us in, and what a deployment would lack there. Changes nothing. Throws INVALID_INPUT.
 */
export async function doctor(context: Context, input: DoctorInput = {}): Promise<Examination> {
  const spec = await readSpec(input.text ?? readExample('basic'), input.cloud);
  const place =
    spec.cloud === 'local'
      ? [...(await context.host.inspect()), await imageFinding(context)]
      : await cloudFindings(context, spec);
  const findings = [...place, await storeFinding(context)];
  return { cloud: spec.cloud, fit: findings.every(({ level }) => level !== 'fail'), findings };
}

async function cloudFindings(context: Context, spec: DeploymentSpec): Promise<readonly HostFinding[]> {
  const known = await (await context.findEngine())?.get(spec.name);
  const { topology } = deriveTopology(spec, known?.cloud === spec.cloud ? known.roster : emptyRoster);
  try {
    const found = await (await context.cloud(spec.cloud)).preflight(topology);
    const findings = found.map(({ code, severity, message, hint }): HostFinding => {
      const level = severity === 'error' ? 'fail' : 'warn';
      return { code, level, message, ...(hint === undefined ? {} : { next: hint }) };
    });
    const fits = findings.every(({ level }) => level !== 'fail');
    const message = `the cloud ${spec.cloud} lets us in, and has all that ${spec.name} needs`;
    return fits ? [{ code: 'cloud', level: 'ok', message }, ...findings] : findings;
  } catch (error) {
    return [failure('cloud', error)];
  }
}

async function imageFinding({ host }: Context): Promise<HostFinding> {
  const need = (await host.missing()).find(({ part }) => part === 'image');
  if (need === undefined)
    return { code: 'image', level: 'ok', message: 'the node image is built, and its recipe has not changed' };
  const next = 'the first apply builds it; `quorate image build` does it now';
  return { code: 'image', level: 'warn', message: `the node image is to be built: ${need.because}`, next };
}

async function storeFinding(context: Context): Promise<HostFinding> {
  try {
    const records = (await (await context.findEngine())?.list()) ?? [];
    const names = records.map(({ name }) => name).join(', ');
    const message = records.length === 0 ? 'no deployment is stored yet' : `the store is readable: ${names}`;
    return { code: 'store', level: 'ok', message };
  } catch (error) {
    return failure('store', error);
  }
}

/** What was refused, as a finding; a bug as it is. */
function failure(code: string, error: unknown): HostFinding {
  const refusal = asRefusal(error);
  if (refusal === undefined) throw error;
  const { message, next } = refusal;
  return { code, level: 'fail', message, ...(next === undefined ? {} : { next }) };
}
