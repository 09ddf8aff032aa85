/**
 * What Samba needs on the nodes of a storage cluster, and SMB's clients on the nodes that use its shares. One
 * user with the deployment's own password is the whole of it: the shares are for the deployment's nodes.
 * Follows smb.conf(5) and smbpasswd(8) of Samba 4.22, mount.cifs(8), smbnetfs(1).
 */
import type { NodeFile, ShareMount, ShareServer } from '../../topology/topology.ts';

/** The user that clients log in as, and that owns every file of the shares. */
const user = 'quorate-shares';
/** The same on every node, for the files' sake; below what systemd-sysusers(8) hands out by itself. */
const userId = 500;
const passwordFile = '/etc/samba/quorate-password';

export function renderSambaServer(server: ShareServer, password: string): readonly NodeFile[] {
  return [
    { path: '/etc/samba/smb.conf', mode: '0644', content: smbConf(server) },
    { path: passwordFile, mode: '0600', content: `${password}\n` },
    { path: '/etc/systemd/system/smbd.service.d/quorate.conf', mode: '0644', content: dropIn(server) },
  ];
}

const smbConf = ({ clients, shares, stateDirectory }: ShareServer): string => `# Written by Quorate.
[global]
    server role = standalone server
    map to guest = Never
    hosts allow = ${clients}
    hosts deny = ALL
    smb ports = 445
    disable netbios = yes
    server min protocol = SMB3_11
    server signing = mandatory
    load printers = no
    disable spoolss = yes
    logging = systemd
    # Users and what else outlives a server move with the volume. Locks do not: they die with their server.
    private dir = ${stateDirectory}/private
    state directory = ${stateDirectory}
    # A handle outlives a cut of its connection, though not its server: Samba has no persistent handles. These
    # three are what durable handles ask for; nobody but smbd opens these files.
    kernel oplocks = no
    kernel share modes = no
    posix locking = no
    # A flush by the client is one to the disk: what fsync(2) promised survives the server.
    strict sync = yes
    # A client that died holds its files no longer than about 20 s.
    socket options = TCP_NODELAY SO_KEEPALIVE TCP_KEEPIDLE=10 TCP_KEEPINTVL=3 TCP_KEEPCNT=3
${shares
  .map(
    ({ name, directory }) => `
[${name}]
    path = ${directory}
    read only = no
    valid users = ${user}
    force user = ${user}
`,
  )
  .join('')}`;

/** Run at every start, because the volume that it prepares may have come only now; each is idempotent. */
const dropIn = ({ stateDirectory, shares }: ShareServer): string => `[Service]
ExecStartPre=/usr/bin/systemd-sysusers --inline "u ${user} ${userId} - -"
ExecStartPre=/usr/bin/install -d -m 0755 ${stateDirectory}
ExecStartPre=/usr/bin/install -d -m 0700 ${stateDirectory}/private
ExecStartPre=/usr/bin/install -d -o ${user} -g ${user} ${shares.map(({ directory }) => directory).join(' ')}
ExecStartPre=/bin/sh -c "cat ${passwordFile} ${passwordFile} | smbpasswd -s -a ${user}"
`;

/** Empty for shares that are not Samba's. */
export function renderSambaClient(shares: readonly ShareMount[], password: string): readonly NodeFile[] {
  const ours = shares.filter(({ protocol }) => protocol === 'samba');
  const first = ours[0];
  if (first === undefined) return [];
  if (first.client === 'kernel')
    return [
      {
        path: '/etc/quorate/shares.credentials',
        mode: '0600',
        content: `username=${user}\npassword=${password}\n`,
      },
    ];
  return [
    { path: '/etc/quorate/smbnetfs.conf', mode: '0600', content: smbnetfsConf(first.server, password) },
    { path: '/etc/systemd/system/quorate-shares.service', mode: '0644', content: fuseUnit(ours) },
  ];
}

const smbnetfsConf = (server: string, password: string): string => `auth "${server}" "${user}" "${password}"
host ${server} visible=true
smb_query_browsers "false"
show_hidden_hosts "true"
# Milliseconds, and seconds. How long a request waits for the next server: with 5 s each fail-over was an I/O error
# to a writer; with 60 s it is a pause, or one error where the kernel finds nobody at the address (3 s).
smb_timeout 60000
reply_timeout 90
`;

/** It mounts a tree of servers and their shares: from there Pacemaker binds each share to its place. */
const fuseUnit = (shares: readonly ShareMount[]): string => `[Unit]
Description=Shares of the storage cluster, by a client in user space

[Service]
Type=exec
ExecStartPre=/usr/bin/mkdir -p /run/quorate/shares
ExecStart=/usr/bin/smbnetfs /run/quorate/shares -f -o config=/etc/quorate/smbnetfs.conf -o allow_other
# The storage cluster comes up at the same time; a client that gave up is not waited for.
ExecStartPost=/bin/sh -c "until ls ${shares.map(({ server, name }) => `/run/quorate/shares/${server}/${name}`).join(' ')} >/dev/null 2>&1; do kill -0 \${MAINPID} || exit 1; sleep 1; done"
ExecStopPost=-/usr/bin/umount --lazy /run/quorate/shares
TimeoutStartSec=170
`;
