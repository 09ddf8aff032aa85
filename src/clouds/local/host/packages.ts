/**
 * The Debian packages that the local cloud needs on the host: which are missing, and their installation
 * without starting anything. Source: apt-get(8), Debian policy 9.3.3 (policy-rc.d).
 */
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Refusal } from '../../../kernel/refusal.ts';
import { aptInstall, aptUpdate } from './apt-get.ts';
import { type AptSource, parseAptSources, renderBackports } from './apt-sources.ts';

export type HostPackage = { readonly name: string; readonly provides: string; readonly because: string };

/** `provides`: a file that is there when the package, or another that does the same, is. */
export const hostPackages: readonly HostPackage[] = [
  { name: 'incus-base', provides: '/usr/libexec/incus/incusd', because: 'the local cloud' },
  { name: 'btrfs-progs', provides: '/usr/bin/btrfs', because: 'clones a node in no time' },
  { name: 'dnsmasq-base', provides: '/usr/sbin/dnsmasq', because: "the local cloud's networks" },
  { name: 'nftables', provides: '/usr/sbin/nft', because: 'outside addresses and filters' },
  { name: 'iproute2', provides: '/usr/bin/ip', because: "the local cloud's networks" },
  { name: 'attr', provides: '/usr/bin/setfattr', because: 'unpacks images' },
  { name: 'uidmap', provides: '/usr/bin/newuidmap', because: 'nodes without privileges' },
  { name: 'mmdebstrap', provides: '/usr/bin/mmdebstrap', because: 'builds the node image' },
  { name: 'squashfs-tools', provides: '/usr/bin/mksquashfs', because: 'packs the node image' },
  {
    name: 'debian-archive-keyring',
    provides: '/usr/share/keyrings/debian-archive-keyring.gpg',
    because: "checks the image's packages",
  },
  { name: 'curl', provides: '/usr/bin/curl', because: 'to try a cluster out from outside' },
];

export const missingPackages = (): readonly HostPackage[] =>
  hostPackages.filter(({ provides }) => !existsSync(provides));

export async function readAptSources(): Promise<readonly AptSource[]> {
  const directory = '/etc/apt/sources.list.d';
  const names = (await readdir(directory).catch(() => [])).filter((name) => /\.(list|sources)$/.test(name));
  const paths = ['/etc/apt/sources.list', ...names.map((name) => join(directory, name))];
  const files = await Promise.all(
    paths.map(async (name) => ({ name, text: await readFile(name, 'utf8').catch(() => '') })),
  );
  return parseAptSources(files);
}

/** `bookworm`, `trixie`, … of /etc/os-release. @throws Refusal NOT_SUPPORTED where it is not Debian */
export async function hostRelease(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const codename = /^VERSION_CODENAME="?(\w+)"?$/m.exec(text)?.[1];
  if (/^ID="?debian"?$/m.test(text) && codename !== undefined) return codename;
  throw new Refusal('NOT_SUPPORTED', 'the local cloud sets itself up on Debian only', {
    retry: 'never',
    next: 'Use a Debian 12 or 13 machine.',
  });
}

/** @throws Refusal TOOL_MISSING with apt-get's own reasons */
export async function installPackages(
  packages: readonly HostPackage[],
  report: (activity: string) => void,
): Promise<void> {
  if (packages.length === 0) return;
  for (const { name, because } of packages) report(`installing ${name} (${because})`);
  const added = await addIncusSource(packages);
  try {
    const doubts = await aptUpdate(report);
    await withoutStarting(() =>
      aptInstall(
        packages.map(({ name }) => name),
        doubts,
      ),
    );
  } catch (error) {
    // A source of ours that leads nowhere would break the person's own next update.
    if (added !== undefined) await rm(added, { force: true });
    throw error;
  }
}

/** Debian starts what it installs; the distribution's own Incus is not ours to start. */
async function withoutStarting(work: () => Promise<void>): Promise<void> {
  const policy = '/usr/sbin/policy-rc.d';
  const own = !existsSync(policy);
  if (own) await writeFile(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await work();
  } finally {
    if (own) await rm(policy, { force: true });
  }
}

/** Debian 12 has Incus in its backports only. Returns the file that was added, if one was. */
async function addIncusSource(packages: readonly HostPackage[]): Promise<string | undefined> {
  const release = await hostRelease();
  if (release !== 'bookworm' || !packages.some(({ name }) => name === 'incus-base')) return undefined;
  const sources = await readAptSources();
  if (sources.some(({ suites }) => suites.includes('bookworm-backports'))) return undefined;
  const text = renderBackports(sources, release);
  if (text === '')
    throw new Refusal(
      'TOOL_MISSING',
      'no package source of this host carries Debian 12, so its backports cannot be derived',
      {
        retry: 'never',
        next: 'Add bookworm-backports to /etc/apt/sources.list.d, then run the same command again.',
      },
    );
  const path = '/etc/apt/sources.list.d/quorate-backports.sources';
  await writeFile(path, text, { mode: 0o644 });
  return path;
}
