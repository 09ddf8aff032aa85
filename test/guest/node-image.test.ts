/** The node image as Nova boots it: from its disk, set up by a config drive, reached by SSH with a pinned host key. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildDiskImage } from '../../src/clouds/local/image/build-disk-image.ts';
import { bundleAgents } from '../../src/main/bundle-agents.ts';
import { bootGuest, type Guest } from './guest.ts';

/** Kept, so that a second run need not build again. */
const state = fileURLToPath(new URL('../../.cache/guest', import.meta.url));
const recipeDirectory = fileURLToPath(new URL('../../images', import.meta.url));
let directory = '';
let guest: Guest;

beforeAll(async () => {
  const report = (activity: string) => console.log(activity);
  const agentsDirectory = await bundleAgents(state);
  const imagesDirectory = join(state, 'images');
  const { path } = await buildDiskImage({ imagesDirectory, recipeDirectory, agentsDirectory, force: false, report });
  directory = await mkdtemp(join(tmpdir(), 'quorate-guest-'));
  guest = await bootGuest(path, directory);
  console.log(`SSH answers ${Math.round(guest.bootMs / 1000)} s after the start`);
  await guest.run('systemctl is-system-running --wait');
});
afterAll(async () => {
  await guest?.stop();
  await rm(directory, { recursive: true, force: true });
});

it('does what its user data says, without a complaint', async () => {
  expect(await guest.run('cat /srv/proof')).toBe('from the config drive');
  expect(await guest.run('hostname')).toBe('app-1');
  const status: unknown = JSON.parse(await guest.run('cloud-init status --wait --format json'));
  expect(status).toMatchObject({ status: 'done', extended_status: 'done', errors: [], recoverable_errors: {} });
  expect(await guest.run('systemctl --failed --no-legend --plain')).toBe('');
});

it('gives every interface the address and the MTU of the config drive, in the order of the ports', async () => {
  const seen = await guest.run(
    "ip -brief -4 address show scope global | awk '{print $1, $3}'; cat /sys/class/net/eth*/mtu",
  );
  expect(seen.split('\n')).toEqual(['eth0 10.0.2.15/24', 'eth1 10.9.9.15/24', '1450', '1400']);
  expect(await guest.run('ip route show default')).toMatch(/^default via 10\.0\.2\.2 dev eth0/);
});

it('lets in by key only, and has no host key but the given one', async () => {
  const settings = await guest.run('sshd -T');
  for (const line of [
    'passwordauthentication no',
    'kbdinteractiveauthentication no',
    'permitrootlogin without-password',
  ])
    expect(settings.split('\n')).toContain(line);
  expect(await guest.run('ls /etc/ssh/ssh_host_*')).toBe('/etc/ssh/ssh_host_ed25519_key');
});

it('starts no cluster without a configuration, and nothing that Pacemaker is to start', async () => {
  const units = ['corosync', 'pacemaker', 'pacemaker_remote', 'nfs-server', 'smbd', 'haproxy', 'nginx', 'dlm'];
  expect(await guest.run(`systemctl is-active ${units.join(' ')}`)).toBe(units.map(() => 'inactive').join('\n'));
});

it('lets only root reach the metadata service', async () => {
  await guest.run('ip address add 169.254.169.254/32 dev lo');
  // A unit of its own: a process of the session's would keep SSH waiting for its output's end.
  await guest.run("systemd-run --quiet socat TCP-LISTEN:80,fork SYSTEM:'echo secret'");
  await expect.poll(() => guest.run('socat -u TCP:169.254.169.254:80 -'), { timeout: 60_000 }).toBe('secret');
  const asNobody = 'setpriv --reuid=65534 --clear-groups socat -u TCP:169.254.169.254:80 - 2>&1; echo exit $?';
  expect(await guest.run(asNobody)).toMatch(/Connection refused[^]*exit 1$/);
});

it('has grown to its flavor’s disk, and has the modules that its storage needs', async () => {
  expect(Number(await guest.run("df --output=size -BM / | tr -dc '0-9'"))).toBeGreaterThan(5_500);
  const modules = ['nfsd', 'dlm', 'gfs2', 'xfs', 'cifs'];
  expect(await guest.run(`for m in ${modules.join(' ')}; do modprobe $m && echo $m; done`)).toBe(modules.join('\n'));
});

it('tells its console what it does', async () => {
  expect(await guest.console()).toMatch(/cloud-init\[\d+\]: Cloud-init .* finished/i);
});
