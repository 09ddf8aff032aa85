/**
 * Debian's `pcs` and what it needs, put on the nodes: fetched by the host, by its own package sources, against
 * the nodes' list of what they have. A node then needs no way to a package server.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { renderSourcesFor } from '../../src/clouds/local/host/apt-sources.ts';
import { hostRelease, readAptSources } from '../../src/clouds/local/host/packages.ts';
import type { Bench } from '../bench.ts';
import { everywhere, type IdleNodes, onNode } from './idle-nodes.ts';

const nodesRelease = 'trixie';

export async function installPcs({ report, signal, atEnd }: Bench, nodes: IdleNodes): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-bench-pcs-'));
  atEnd(() => rm(directory, { recursive: true, force: true }));
  report.progress('fetching pcs for the nodes');
  const packages = await fetchPackages(directory, nodes, signal);
  report.progress(`installing ${packages.length} packages on the nodes`);
  for (const file of packages) {
    const base64 = (await readFile(file)).toString('base64');
    const name = file.split('/').at(-1) ?? '';
    await everywhere(nodes, `mkdir -p /root/pcs; base64 -d >'/root/pcs/${name}'`, base64);
    signal.throwIfAborted();
  }
  // Debian starts what it installs: on an idle node nothing runs.
  await everywhere(
    nodes,
    `printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d
     DEBIAN_FRONTEND=noninteractive dpkg --install --force-confold /root/pcs/*.deb
     rm -r /usr/sbin/policy-rc.d /root/pcs
     systemctl disable --now pcsd pcsd-ruby`,
  );
}

/** Paths of the packages that the nodes lack. */
async function fetchPackages(directory: string, nodes: IdleNodes, signal: AbortSignal): Promise<readonly string[]> {
  const [first = ''] = nodes.names;
  const paths = { lists: join(directory, 'lists'), parts: join(directory, 'sources'), cache: join(directory, 'cache') };
  for (const path of Object.values(paths)) await mkdir(path, { recursive: true });
  const sources = renderSourcesFor(await readAptSources(), await hostRelease(), nodesRelease);
  await writeFile(join(paths.parts, 'nodes.sources'), sources);
  await writeFile(join(directory, 'status'), await onNode(nodes.access, first, 'cat /var/lib/dpkg/status'));
  const options = [
    `Dir::State::Lists=${paths.lists}`,
    `Dir::State::Status=${join(directory, 'status')}`,
    `Dir::State::extended_states=${join(directory, 'extended')}`,
    `Dir::Cache=${paths.cache}`,
    'Dir::Etc::SourceList=/dev/null',
    `Dir::Etc::SourceParts=${paths.parts}`,
    'Dir::Etc::Preferences=/dev/null',
    'Dir::Etc::PreferencesParts=/dev/null',
    'APT::Sandbox::User=root',
  ].flatMap((option) => ['-o', option]);
  const apt = (...argv: readonly string[]) =>
    execa('apt-get', ['--quiet', ...options, ...argv], { stdin: 'ignore', cancelSignal: signal });
  await apt('update');
  await apt('install', '--download-only', '--yes', '--no-install-recommends', 'pcs');
  const archives = join(paths.cache, 'archives');
  return (await readdir(archives)).filter((name) => name.endsWith('.deb')).map((name) => join(archives, name));
}
