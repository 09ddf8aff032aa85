/**
 * Everything that a deployment could leave behind, as lines of text: in Incus, in the state directory, on the
 * host. Taken before `apply` and after `delete`; `difference` says what appeared and what vanished. Not in it:
 * images and the record of deployments (both are kept on purpose), and what belongs to other living deployments.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { readIncus, stateDirectory } from './incus.ts';
import { programTmp } from './quorate.ts';

export type Snapshot = {
  readonly lines: readonly string[];
  /** Every deployment that had a project then. */
  readonly deployments: readonly string[];
};

export async function takeSnapshot(): Promise<Snapshot> {
  const projects = await projectNames();
  const lines = [
    ...(await incusLines(projects)),
    ...fileLines(stateDirectory, 0),
    ...fileLines(programTmp, 0),
    ...processLines(),
    ...mountLines(),
    ...(await hostNetworkLines()),
  ];
  // Another deployment may have come or gone while we looked.
  const deployments = new Set([...projects, ...(await projectNames())].flatMap(deploymentOf));
  return { lines: [...new Set(lines)].toSorted(), deployments: [...deployments] };
}

const projectNames = async (): Promise<readonly string[]> =>
  ((await readIncus<Named[]>('/1.0/projects?recursion=1')) ?? []).map(({ name }) => name);

const deploymentOf = (project: string): readonly string[] =>
  project.startsWith('quorate-') ? [project.slice('quorate-'.length)] : [];

/** What is there now and was not, and the other way round; what names another deployment, here or of another Incus, is left out. */
export function difference(
  deployments: string | readonly string[],
  before: Snapshot,
  after: Snapshot,
): { appeared: readonly string[]; vanished: readonly string[] } {
  const own = [deployments].flat();
  const others = [...before.deployments, ...after.deployments].filter((name) => !own.includes(name));
  const projectsOf = (names: readonly string[]) => names.map((name) => new RegExp(`quorate-${name}(?![a-z0-9-])`));
  const foreign = projectsOf(others);
  const ownPrefixes = own.map(bridgePrefix);
  const isForeign = (line: string): boolean =>
    foreign.some((pattern) => pattern.test(line)) ||
    [...line.matchAll(BRIDGE)].some(([prefix]) => !ownPrefixes.includes(prefix));
  const missingIn = (one: Snapshot, lines: readonly string[]) =>
    lines.filter((line) => !one.lines.includes(line) && !isForeign(line));
  // What an earlier run left of the same deployment may go.
  const isOwn = (line: string): boolean =>
    projectsOf(own).some((pattern) => pattern.test(line)) || ownPrefixes.some((prefix) => line.includes(prefix));
  return {
    appeared: missingIn(before, after.lines),
    vanished: missingIn(after, before.lines).filter((line) => !isOwn(line)),
  };
}

const BRIDGE = /\bq[0-9a-f]{8}-/g;

/** How all bridges of a deployment begin. */
export const bridgePrefix = (deployment: string): string =>
  `q${createHash('sha256').update(deployment).digest('hex').slice(0, 8)}-`;

type Named = { readonly name: string };

/** Of every collection that a deployment touches, names with what tells one from another. */
async function incusLines(projects: readonly string[]): Promise<readonly string[]> {
  const every = async <T>(path: string) => (await readIncus<T[]>(path)) ?? [];
  const networks = await every<Named & { managed: boolean }>('/1.0/networks?recursion=1');
  const forwards = networks
    .filter(({ managed }) => managed)
    .map(async ({ name }) =>
      (await every<{ listen_address: string }>(`/1.0/networks/${name}/forwards?recursion=1`)).map(
        ({ listen_address }) => `forward ${listen_address} on ${name}`,
      ),
    );
  const pools = await every<Named>('/1.0/storage-pools?recursion=1');
  const inProjects = projects.map(async (project) => [
    ...(await every<Named>(`/1.0/instances?recursion=1&project=${project}`)).map(
      ({ name }) => `instance ${project}/${name}`,
    ),
    ...(await every<Named>(`/1.0/profiles?recursion=1&project=${project}`)).map(
      ({ name }) => `profile ${project}/${name}`,
    ),
    ...(await every<Named>(`/1.0/network-acls?recursion=1&project=${project}`)).map(
      ({ name }) => `acl ${project}/${name}`,
    ),
    ...(await volumeLines(project, pools)),
  ]);
  const certificates = await every<Named & { fingerprint: string }>('/1.0/certificates?recursion=1');
  return [
    ...projects.map((name) => `project ${name}`),
    ...networks.filter(({ managed }) => managed).map(({ name }) => `network ${name}`),
    ...certificates.map(({ name, fingerprint }) => `certificate ${name} ${fingerprint}`),
    ...(await Promise.all([...forwards, ...inProjects])).flat(),
  ];
}

const volumeLines = async (project: string, pools: readonly Named[]): Promise<readonly string[]> =>
  (
    await Promise.all(
      pools.map(async (pool) =>
        (
          (await readIncus<(Named & { type: string })[]>(
            `/1.0/storage-pools/${pool.name}/volumes?recursion=1&project=${project}`,
          )) ?? []
        )
          .filter(({ type }) => type !== 'image')
          .map(({ name, type }) => `volume ${project}/${pool.name}/${type}/${name}`),
      ),
    )
  ).flat();

/** Kept on purpose: built images, the record of deployments, Incus' own database. */
const KEPT = /^(images|database|.*\.(db|db-wal|db-shm))$/;
const DEEPEST = 6;

function fileLines(directory: string, depth: number): readonly string[] {
  if (depth > DEEPEST) return [];
  return entriesOf(directory).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (KEPT.test(entry.name)) return [];
    // Below an instance's or a volume's own directory nothing is anybody else's.
    const isInstanceRoot = /\/(containers|custom|containers-snapshots)$/.test(directory);
    return [`file ${path}`, ...(entry.isDirectory() && !isInstanceRoot ? fileLines(path, depth + 1) : [])];
  });
}

function entriesOf(directory: string) {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    // Gone in between, or a socket's directory of another daemon.
    return [];
  }
}

const processIds = (): readonly string[] => readdirSync('/proc').filter((name) => /^\d+$/.test(name));

/** Processes of the host that name a deployment's project or bridge: dnsmasq, monitors, helpers of Incus. */
const processLines = (): readonly string[] =>
  processIds()
    .map((pid) => readOrEmpty(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim())
    .filter((command) => /quorate-[a-z]|\bq[0-9a-f]{8}-/.test(command) && command.includes(`${stateDirectory}/`))
    .map((command) => `process ${command}`);

/** Mounts as the Incus daemon sees them: it may live in a mount namespace of its own. */
function mountLines(): readonly string[] {
  const daemon = processIds().find(
    (pid) =>
      exeOf(pid).endsWith('/incusd') &&
      readOrEmpty(`/proc/${pid}/environ`).split('\0').includes(`INCUS_DIR=${stateDirectory}/incus`),
  );
  return readOrEmpty(`/proc/${daemon ?? 'self'}/mounts`)
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.includes('quorate'))
    .map((path) => `mount ${path}`);
}

async function hostNetworkLines(): Promise<readonly string[]> {
  const links = (await execa('ip', ['-o', 'link'])).stdout.split('\n');
  const rules = (await execa('nft', ['list', 'ruleset'])).stdout.split('\n');
  return [
    // `7: veth1a2b@if6: <…> master q1234abcd-c …`: the master says whose it is.
    ...links
      .map((line) => `link ${/^\d+: ([^:@]+)/.exec(line)?.[1] ?? ''} ${/ master (\S+)/.exec(line)?.[1] ?? ''}`.trim())
      // Only what is a bridge of Quorate, or hangs on one: everything else on the host comes and goes by itself.
      .filter((line) => /[ ](q[0-9a-f]{8}-|quorate-)/.test(line)),
    ...rules.filter((line) => /q[0-9a-f]{8}-|e2e_cut/.test(line)).map((line) => `nft ${line.trim()}`),
  ];
}

function exeOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return '';
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
