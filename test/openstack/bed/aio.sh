#!/bin/bash
# aio.sh: a real OpenStack (Debian 12's Zed) on one machine, without systemd.
#
#   aio.sh up       install, configure and start everything; at once when all is up
#   aio.sh down     stop everything this script started (data stays)
#   aio.sh restart  down and up
#   aio.sh status   one line a daemon: state, pid, resident MiB
#   aio.sh reset    down, and forget all data (the packages stay)
#   aio.sh rc       print the admin's openrc
#
# Settings, from the environment:
#   AIO_ROOT       data, logs and pidfiles           (default: /var/lib/openstack-aio)
#   AIO_REAL=1|0   a nova-compute with libvirt + TCG (default 1; needs networking agents)
#   AIO_FAKES=N    N nova-computes with nova's fake driver, in zone "fake" (default 2)
#   AIO_VIRT=qemu  libvirt's virt_type for the real compute: qemu or lxc
#   AIO_APPCRED_TRUSTS=0|1  let application credentials make trusts, without which heat
#                  makes no stack for them: keystone's own default, since its fix of 2026, is 0
#   AIO_OCTAVIA=1|0  octavia-api and -worker over noop drivers (default 1)
set -euo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin   # a pyenv in PATH would mislead uwsgi and the daemons
export LC_ALL=C.UTF-8 HOME=/root
here=$(dirname "$(readlink -f "$0")")

ROOT=${AIO_ROOT:-/var/lib/openstack-aio}
REAL=${AIO_REAL:-1} FAKES=${AIO_FAKES:-2} VIRT=${AIO_VIRT:-qemu} OCTAVIA=${AIO_OCTAVIA:-1}
APPCRED_TRUSTS=${AIO_APPCRED_TRUSTS:-0}
IP=172.24.4.1 PREFIX=24 CIDR=172.24.4.0/24   # the host on the external network
BR=br-aioext
PW=${AIO_PASSWORD:-aio-secret}
HOSTNAME_REAL=aio1
RABBIT=rabbit://openstack:$PW@127.0.0.1:5672/

say() { printf '%s %s\n' "$(date +%T)" "$*"; }
die() { echo "aio.sh: $*" >&2; exit 1; }

# ---------------------------------------------------------------- packages
packages() {
  cat <<P
mariadb-server mariadb-client rabbitmq-server memcached python3-memcache
keystone glance-api placement-api nova-api nova-conductor nova-scheduler
neutron-api neutron-rpc-server cinder-api cinder-scheduler cinder-volume
heat-api heat-engine python3-openstackclient python3-heatclient uwsgi-plugin-python3
nova-compute nova-compute-kvm
neutron-linuxbridge-agent neutron-dhcp-agent neutron-metadata-agent neutron-l3-agent
libvirt-daemon-system libvirt-daemon-driver-qemu libvirt-daemon-driver-lxc libvirt-clients
qemu-system-x86 qemu-utils genisoimage ipset dnsmasq-base dnsmasq-utils haproxy conntrack
iputils-arping bridge-utils ebtables iptables iproute2 sudo curl openssl
octavia-api octavia-worker python3-octaviaclient
P
}

install_packages() {
  local missing
  missing=$(for p in $(packages); do
    [[ $(dpkg-query -W -f='${db:Status-Abbrev}' "$p" 2>/dev/null) == ii* ]] || echo "$p"; done)
  [ -z "$missing" ] && return 0
  say "installing: $(echo $missing)"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  # policy-rc.d may be absent: no package may start a daemon of its own.
  local made=''
  [ -e /usr/sbin/policy-rc.d ] || { printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d; made=1; }
  apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 \
    -o Dpkg::Options::=--force-unsafe-io -o Dpkg::Options::=--force-confold $missing > "$ROOT/log/apt.log" 2>&1 \
    || { [ -n "$made" ] && rm -f /usr/sbin/policy-rc.d; die "apt failed, see $ROOT/log/apt.log"; }
  [ -n "$made" ] && rm -f /usr/sbin/policy-rc.d
  return 0
}

# -------------------------------------------------------------- supervisor
# A pidfile holds "PID STARTTIME", so that a reused pid is never taken for ours.
born() { awk '{sub(/^.*\) /,""); if ($1 != "Z") print $20}' "/proc/$1/stat" 2>/dev/null || true; }  # a zombie is dead
alive() {
  local p s
  [ -r "$ROOT/run/$1.pid" ] || return 1
  read -r p s < "$ROOT/run/$1.pid" || return 1
  [ -n "$p" ] && [ -n "$s" ] && [ "$(born "$p")" = "$s" ]
}
start() {   # NAME COMMAND...
  local n=$1 p fd; shift
  alive "$n" && return 0
  [ -s "$ROOT/log/$n.log" ] && mv "$ROOT/log/$n.log" "$ROOT/log/$n.log.old"
  # Nothing that whoever called us holds open (a lock, a pipe) may be held on by a daemon.
  ( for fd in /proc/self/fd/*; do fd=${fd##*/}; (( fd < 3 )) || eval "exec $fd>&-"; done
    exec setsid "$@" ) >> "$ROOT/log/$n.log" 2>&1 < /dev/null &
  p=$!
  sleep 0.05
  echo "$p $(born $p)" > "$ROOT/run/$n.pid"
  grep -qx "$n" "$ROOT/run/order" 2>/dev/null || echo "$n" >> "$ROOT/run/order"
}
stop() {    # NAME [SECONDS]: TERM to the session's process group, then KILL
  local n=$1 t=${2:-15} p s i
  if alive "$n"; then
    read -r p s < "$ROOT/run/$n.pid"
    kill -TERM -- "-$p" 2>/dev/null || kill -TERM "$p" 2>/dev/null || true
    for ((i = 0; i < t * 10; i++)); do alive "$n" || break; sleep 0.1; done
    alive "$n" && kill -KILL -- "-$p" 2>/dev/null || true
  fi
  rm -f "$ROOT/run/$n.pid"
}
wait_for() {  # WHAT SECONDS COMMAND...
  local what=$1 t=$2 i; shift 2
  for ((i = 0; i < t * 4; i++)); do "$@" >/dev/null 2>&1 && return 0; sleep 0.25; done
  die "$what did not come up within $t s (logs: $ROOT/log)"
}
port_open() { (exec 3<> "/dev/tcp/$1/$2"); }
http_ok() { curl -s -o /dev/null -m 5 "$1"; }

uwsgi() {   # NAME IP PORT WSGI-FILE PROCESSES [ENV=VALUE...]
  local n=$1 ip=$2 port=$3 file=$4 procs=$5; shift 5
  start "$n" env "$@" uwsgi_python3 --master --lazy-apps --die-on-term --need-app --enable-threads \
    --single-interpreter --thunder-lock --processes "$procs" --buffer-size 65535 --listen 128 \
    --http-socket "$ip:$port" --so-keepalive --add-header 'Connection: close' --wsgi-file "$file" \
    --procname-prefix "$n " --disable-logging
}

# ------------------------------------------------------------------ config
put() {     # FILE < text: keeps the package's file once as FILE.dist
  if [ -e "$1" ] && [ ! -e "$1.dist" ]; then cp -a "$1" "$1.dist"; fi
  mkdir -p "$(dirname "$1")"; cat > "$1"
}
db() { echo "mysql+pymysql://$1:$PW@127.0.0.1/${2:-$1}?charset=utf8"; }
user() {    # the options of a keystone password plugin for service user $1
  cat <<C
auth_type = password
auth_url = http://$IP:5000/v3
username = $1
password = $PW
project_name = service
user_domain_name = Default
project_domain_name = Default
region_name = RegionOne
C
}
service_type() {
  case $1 in nova) echo compute;; neutron) echo network;; cinder) echo volumev3;; glance) echo image;;
    heat) echo orchestration;; octavia) echo load-balancer;; *) echo "$1";; esac
}
common() {  # SERVICE [DATABASE]
  cat <<C
[keystone_authtoken]
www_authenticate_uri = http://$IP:5000
memcached_servers = 127.0.0.1:11211
# An application credential with access rules is refused by a service that does not say its type.
service_type = $(service_type "$1")
service_token_roles = service
service_token_roles_required = true
$(user "$1")
[database]
connection = $(db "${2:-$1}")
max_pool_size = 5
max_overflow = 20
[oslo_concurrency]
lock_path = $ROOT/lock
[oslo_messaging_rabbit]
heartbeat_in_pthread = false
[oslo_messaging_notifications]
driver = noop
[oslo_policy]
policy_dirs = $ROOT/policy.d/$1
C
}

write_config() {
  local n
  mkdir -p "$ROOT"/{run,log,lock,etc,policy.d,fernet,credential,glance,rabbit,volumes,py} \
           "$ROOT"/nova/instances "$ROOT"/{cinder,neutron,heat}
  chmod 755 "$ROOT"; chmod 1777 "$ROOT/lock"

  put /etc/keystone/keystone.conf <<C
[DEFAULT]
max_token_size = 512
[database]
connection = $(db keystone)
max_pool_size = 5
max_overflow = 20
[cache]
enabled = true
backend = dogpile.cache.memcached
memcache_servers = 127.0.0.1:11211
[token]
provider = fernet
expiration = 28800
[fernet_tokens]
key_repository = $ROOT/fernet
[credential]
key_repository = $ROOT/credential
[security_compliance]
allow_insecure_application_credential_trust_escalation = $([ "$APPCRED_TRUSTS" = 1 ] && echo true || echo false)
[oslo_policy]
policy_dirs = $ROOT/policy.d/keystone
C

  put /etc/glance/glance-api.conf <<C
[DEFAULT]
enabled_backends = files:file
enabled_import_methods = []
[glance_store]
default_backend = files
[files]
filesystem_store_datadir = $ROOT/glance
[os_glance_staging_store]
filesystem_store_datadir = $ROOT/glance-staging
[os_glance_tasks_store]
filesystem_store_datadir = $ROOT/glance-tasks
[paste_deploy]
flavor = keystone
$(common glance)
C

  put /etc/placement/placement.conf <<C
[api]
auth_strategy = keystone
[placement_database]
connection = $(db placement)
max_pool_size = 5
max_overflow = 20
$(common placement | sed '/^\[database\]/,/^max_overflow/d')
C

  put /etc/nova/nova.conf <<C
[DEFAULT]
host = $HOSTNAME_REAL
my_ip = $IP
transport_url = $RABBIT
state_path = $ROOT/nova
compute_driver = libvirt.LibvirtDriver
default_schedule_zone = $([ "$REAL" = 1 ] && echo real || echo fake)
vif_plugging_timeout = 120
cpu_allocation_ratio = 16.0
ram_allocation_ratio = 1.2
disk_allocation_ratio = 4.0
reserved_host_memory_mb = 512
force_raw_images = false
allow_resize_to_same_host = true
enabled_apis = osapi_compute,metadata
osapi_compute_workers = 1
metadata_workers = 1
heal_instance_info_cache_interval = 300
sync_power_state_interval = 60
rpc_response_timeout = 120
[api]
auth_strategy = keystone
[conductor]
workers = 1
[scheduler]
workers = 1
discover_hosts_in_cells_interval = 20
[filter_scheduler]
track_instance_changes = false
[glance]
api_servers = http://$IP:9292
[placement]
$(user nova)
[neutron]
service_metadata_proxy = true
metadata_proxy_shared_secret = $PW
$(user nova)
[cinder]
os_region_name = RegionOne
catalog_info = volumev3::publicURL
$(user nova)
[service_user]
send_service_user_token = true
$(user nova)
[barbican_service_user]
$(user nova)
[libvirt]
virt_type = $VIRT
cpu_mode = none
inject_partition = -2
nfs_mount_point_base = $ROOT/nova/mnt
[vnc]
enabled = false
[spice]
enabled = false
$(common nova | sed '/^\[database\]/,/^max_overflow/d')
C
  # A nova-compute that sees a database refuses to start: they are in a file of their own.
  put /etc/nova/nova-db.conf <<C
[api_database]
connection = $(db nova nova_api)
max_pool_size = 5
max_overflow = 20
[database]
connection = $(db nova)
max_pool_size = 5
max_overflow = 20
C
  for ((n = 1; n <= FAKES; n++)); do
    mkdir -p "$ROOT/nova-fake$n"
    cat > "$ROOT/etc/nova-fake$n.conf" <<C
[DEFAULT]
host = fake$n
compute_driver = fake.FakeDriver
state_path = $ROOT/nova-fake$n
cpu_allocation_ratio = 16.0
C
  done

  put /etc/neutron/neutron.conf <<C
[DEFAULT]
host = $HOSTNAME_REAL
core_plugin = ml2
service_plugins = router,port_forwarding
transport_url = $RABBIT
auth_strategy = keystone
state_path = $ROOT/neutron
notify_nova_on_port_status_changes = true
notify_nova_on_port_data_changes = true
send_events_interval = 1
dhcp_agents_per_network = 1
rpc_workers = 1
rpc_state_report_workers = 0
api_workers = 1
rpc_response_timeout = 120
agent_down_time = 150
max_allowed_address_pair = 20
[agent]
root_helper =
report_interval = 30
[experimental]
linuxbridge = true
[nova]
$(user nova)
[placement]
$(user nova)
$(common neutron)
C
  put /etc/neutron/plugins/ml2/ml2_conf.ini <<C
[ml2]
type_drivers = flat,vxlan,local
tenant_network_types = vxlan
mechanism_drivers = linuxbridge
extension_drivers = port_security
[ml2_type_flat]
flat_networks = public
[ml2_type_vxlan]
vni_ranges = 1:2000
C
  put /etc/neutron/plugins/ml2/linuxbridge_agent.ini <<C
[linux_bridge]
bridge_mappings = public:$BR
[vxlan]
enable_vxlan = true
local_ip = $IP
[securitygroup]
firewall_driver = iptables
enable_ipset = true
[agent]
polling_interval = 1
C
  put /etc/neutron/dhcp_agent.ini <<C
[DEFAULT]
interface_driver = linuxbridge
enable_isolated_metadata = true
dnsmasq_local_resolv = false
C
  put /etc/neutron/l3_agent.ini <<C
[DEFAULT]
interface_driver = linuxbridge
C
  put /etc/neutron/metadata_agent.ini <<C
[DEFAULT]
nova_metadata_host = 127.0.0.1
metadata_proxy_shared_secret = $PW
metadata_workers = 1
[cache]
enabled = true
backend = dogpile.cache.memory
C

  put /etc/cinder/cinder.conf <<C
[DEFAULT]
host = $HOSTNAME_REAL
my_ip = $IP
transport_url = $RABBIT
auth_strategy = keystone
state_path = $ROOT/cinder
enabled_backends = shared
default_volume_type = plain
glance_api_servers = http://$IP:9292
osapi_volume_workers = 1
[coordination]
backend_url = file://$ROOT/cinder
[nova]
$(user cinder)
[service_user]
send_service_user_token = true
$(user cinder)
[shared]
volume_driver = aio_cinder.SharedFileDriver
volume_backend_name = shared
nfs_shares_config = $ROOT/etc/shares
nfs_mount_point_base = $ROOT/cinder/mnt
nfs_sparsed_volumes = true
nas_secure_file_operations = false
nas_secure_file_permissions = false
$(common cinder)
C
  echo "127.0.0.1:$ROOT/volumes" > "$ROOT/etc/shares"
  # Cinder's file-on-a-share driver, as it is, with one capability more: a raw
  # file can be opened by several guests at once (libvirt's <shareable/>).
  cat > "$ROOT/py/aio_cinder.py" <<'C'
from cinder import interface
from cinder.volume.drivers import nfs


@interface.volumedriver
class SharedFileDriver(nfs.NfsDriver):
    def _update_volume_stats(self):
        super()._update_volume_stats()
        self._stats['multiattach'] = True
C
  # This kernel has no NFS: "mounting" the local share is a bind mount.
  if [ ! -e /sbin/mount.nfs ] || grep -q 'aio.sh' /sbin/mount.nfs; then
    cat > /sbin/mount.nfs <<'C'
#!/bin/sh
# Written by aio.sh: stands in for the NFS client for shares of this very machine.
case ${1:-} in 127.0.0.1:/*) exec mount --bind "${1#127.0.0.1:}" "$2";; *) echo "mount.nfs: only 127.0.0.1" >&2; exit 32;; esac
C
    chmod 755 /sbin/mount.nfs
  fi

  put /etc/heat/heat.conf <<C
[DEFAULT]
transport_url = $RABBIT
host = $HOSTNAME_REAL
stack_user_domain_name = heat
stack_domain_admin = heat_domain_admin
stack_domain_admin_password = $PW
heat_metadata_server_url = http://$IP:8000
heat_waitcondition_server_url = http://$IP:8000/v1/waitcondition
num_engine_workers = ${AIO_HEAT_WORKERS:-2}
auth_encryption_key = 0123456789abcdef0123456789abcdef
region_name_for_services = RegionOne
region_name_for_shared_services = RegionOne
deferred_auth_method = trusts
convergence_engine = true
rpc_response_timeout = 120
max_resources_per_stack = 4000
max_stacks_per_tenant = 1000
[trustee]
auth_type = password
auth_url = http://$IP:5000
username = heat
password = $PW
user_domain_name = Default
[clients_keystone]
auth_uri = http://$IP:5000
[clients]
endpoint_type = publicURL
[heat_api]
workers = 1
[heat_api_cfn]
workers = 1
[ec2authtoken]
auth_uri = http://$IP:5000/v3
$(common heat)
C

  [ -s "$ROOT/etc/octavia-ca.pem" ] || openssl req -x509 -newkey rsa:2048 -days 3650 -subj /CN=aio-octavia \
    -passout "pass:$PW" -keyout "$ROOT/etc/octavia-ca.key" -out "$ROOT/etc/octavia-ca.pem" 2>/dev/null
  put /etc/octavia/octavia.conf <<C
[DEFAULT]
transport_url = $RABBIT
[api_settings]
enabled_provider_drivers = amphora:amphora over noop drivers
default_provider_driver = amphora
auth_strategy = keystone
[oslo_messaging]
topic = octavia_prov
# The real provider over drivers which do nothing: load balancers become ACTIVE
# (with the provider "noop_driver" they would stay PENDING_CREATE for ever).
[controller_worker]
amphora_driver = amphora_noop_driver
compute_driver = compute_noop_driver
network_driver = network_noop_driver
client_ca = $ROOT/etc/octavia-ca.pem
workers = 1
[certificates]
cert_generator = local_cert_generator
cert_manager = local_cert_manager
ca_certificate = $ROOT/etc/octavia-ca.pem
ca_private_key = $ROOT/etc/octavia-ca.key
ca_private_key_passphrase = $PW
server_certs_key_passphrase = insecure-key-do-not-use-this-key
[service_auth]
$(user octavia)
$(common octavia)
C

  # libvirt: guests as root, no confinement, no cgroups (there is no systemd here).
  put /etc/libvirt/qemu.conf <<C
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
cgroup_controllers = [ ]
namespaces = [ ]
stdio_handler = "file"
C
  put /etc/libvirt/libvirtd.conf <<C
auth_unix_rw = "none"
auth_unix_ro = "none"
unix_sock_group = "root"
host_uuid = "5f1d1c7e-6a53-4a3e-9d1d-6d2f0c0a4a01"
C
  rm -f /etc/libvirt/qemu/networks/autostart/default.xml

  cat > "$ROOT/etc/rabbitmq.conf" <<C
listeners.tcp.default = 127.0.0.1:5672
default_user = openstack
default_pass = $PW
vm_memory_high_watermark.absolute = 1GiB
disk_free_limit.absolute = 100MB
C
  cat > "$ROOT/openrc" <<C
export OS_AUTH_URL=http://$IP:5000/v3 OS_IDENTITY_API_VERSION=3 OS_REGION_NAME=RegionOne
export OS_USERNAME=admin OS_PASSWORD=$PW OS_PROJECT_NAME=admin
export OS_USER_DOMAIN_NAME=Default OS_PROJECT_DOMAIN_NAME=Default
C
}

# ------------------------------------------------------------ the machine
host_network() {
  ip link show "$BR" >/dev/null 2>&1 || ip link add "$BR" type bridge
  ip addr replace "$IP/$PREFIX" dev "$BR"
  ip link set "$BR" up
  sysctl -qw net.ipv4.ip_forward=1
  sysctl -qw net.bridge.bridge-nf-call-iptables=1
  mkdir -p /run/netns /run/sudo
}

# ------------------------------------------------------------ the backings
SQL() { mariadb --no-defaults -uroot -S "$ROOT/run/mysql.sock" "$@"; }
start_backings() {
  if [ ! -d "$ROOT/mysql/mysql" ]; then
    install -d -o mysql -g mysql "$ROOT/mysql"
    mariadb-install-db --no-defaults --user=mysql --datadir="$ROOT/mysql" --skip-test-db \
      --auth-root-authentication-method=normal > "$ROOT/log/mysql-install.log" 2>&1
  fi
  chmod 1777 "$ROOT/run"
  start mysql mariadbd --no-defaults --user=mysql --datadir="$ROOT/mysql" --socket="$ROOT/run/mysql.sock" \
    --bind-address=127.0.0.1 --port=3306 --pid-file="$ROOT/mysql/mysqld.pid" \
    --innodb-buffer-pool-size=256M --innodb-flush-log-at-trx-commit=0 --innodb-flush-method=nosync \
    --skip-innodb-doublewrite --skip-log-bin --skip-name-resolve --max-connections=600 --performance-schema=OFF
  start memcached memcached -u nobody -l 127.0.0.1 -p 11211 -m 64
  start epmd env ERL_EPMD_ADDRESS=127.0.0.1 epmd
  start rabbit env HOME="$ROOT/rabbit" ERL_EPMD_ADDRESS=127.0.0.1 RABBITMQ_NODENAME=aio@localhost \
    RABBITMQ_MNESIA_BASE="$ROOT/rabbit/mnesia" RABBITMQ_LOG_BASE="$ROOT/rabbit/log" \
    RABBITMQ_CONFIG_FILE="$ROOT/etc/rabbitmq.conf" RABBITMQ_ENABLED_PLUGINS_FILE="$ROOT/rabbit/plugins" \
    RABBITMQ_CONF_ENV_FILE=/dev/null RABBITMQ_PID_FILE="$ROOT/rabbit/pid" RABBITMQ_DIST_PORT=25672 \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}' \
    /usr/lib/rabbitmq/bin/rabbitmq-server
  wait_for mariadb 60 SQL -e 'select 1'
  wait_for memcached 10 port_open 127.0.0.1 11211
  wait_for rabbitmq 90 port_open 127.0.0.1 5672
}

make_databases() {
  local d o
  for d in keystone glance placement nova nova_api nova_cell0 neutron cinder heat octavia; do
    o=${d%%_*}
    echo "CREATE DATABASE IF NOT EXISTS $d CHARACTER SET utf8;"
    echo "CREATE USER IF NOT EXISTS '$o'@'127.0.0.1' IDENTIFIED BY '$PW';"
    echo "GRANT ALL ON $d.* TO '$o'@'127.0.0.1';"
  done | SQL
}

sync_keystone() {
  [ -e "$ROOT/fernet/0" ] || keystone-manage fernet_setup --keystone-user root --keystone-group root
  [ -e "$ROOT/credential/0" ] || keystone-manage credential_setup --keystone-user root --keystone-group root
  keystone-manage db_sync
  keystone-manage bootstrap --bootstrap-password "$PW" --bootstrap-region-id RegionOne \
    --bootstrap-admin-url "http://$IP:5000/v3" --bootstrap-internal-url "http://$IP:5000/v3" \
    --bootstrap-public-url "http://$IP:5000/v3"
}
NOVA_DB="--config-file /etc/nova/nova.conf --config-file /etc/nova/nova-db.conf"
sync_nova() {
  local m="nova-manage $NOVA_DB"
  $m api_db sync
  $m cell_v2 map_cell0 --database_connection "$(db nova nova_cell0)"
  $m db sync
  [[ $($m cell_v2 list_cells) == *' cell1 '* ]] || $m cell_v2 create_cell --name cell1
}
sync_neutron() {
  neutron-db-manage --config-file /etc/neutron/neutron.conf --config-file /etc/neutron/plugins/ml2/ml2_conf.ini upgrade heads
}
sync_small() {
  placement-manage db sync; glance-manage db_sync; cinder-manage db sync; heat-manage db_sync
  octavia-db-manage upgrade head
}
sync_databases() {
  # Each group in a process of its own; a stamp of the package versions skips all on a restart.
  local stamp pids=() p f
  stamp=$(dpkg-query -W -f='${Package}=${Version}\n' keystone glance-api placement-api nova-api neutron-api cinder-api heat-api octavia-api | sort)
  if [ "$(cat "$ROOT/synced" 2>/dev/null)" != "$stamp" ]; then
    make_databases
    sync_keystone > "$ROOT/log/sync-keystone.log" 2>&1 || die "keystone's schema failed, see $ROOT/log/sync-keystone.log"
    for f in nova neutron small; do "sync_$f" > "$ROOT/log/sync-$f.log" 2>&1 & pids+=($!); done
  fi
  # Other services look for their users in keystone when they start: keystone comes first.
  uwsgi keystone "$IP" 5000 /usr/bin/keystone-wsgi-public "${AIO_KEYSTONE_PROCS:-2}"
  wait_for keystone 120 http_ok "http://$IP:5000/v3"
  client_python identity
  for p in "${pids[@]}"; do wait "$p" || die "a schema failed, see $ROOT/log/sync-*.log"; done
  echo "$stamp" > "$ROOT/synced"
}

# ------------------------------------------------------------- OpenStack
start_openstack() {
  local n ml2=/etc/neutron/plugins/ml2/ml2_conf.ini
  local nconf="--config-file /etc/neutron/neutron.conf"
  uwsgi neutron-api "$IP" 9696 /usr/bin/neutron-api "${AIO_API_PROCS:-2}"
  start neutron-rpc neutron-rpc-server $nconf --config-file $ml2
  uwsgi placement "$IP" 8778 /usr/bin/placement-api 1
  uwsgi nova-api "$IP" 8774 /usr/bin/nova-api-wsgi "${AIO_API_PROCS:-2}" "OS_NOVA_CONFIG_FILES=api-paste.ini;nova.conf;nova-db.conf"
  start nova-conductor nova-conductor $NOVA_DB
  start nova-scheduler nova-scheduler $NOVA_DB
  uwsgi glance "$IP" 9292 /usr/bin/glance-wsgi-api 1
  uwsgi cinder-api "$IP" 8776 /usr/bin/cinder-wsgi 1
  start cinder-scheduler cinder-scheduler
  start cinder-volume env PYTHONPATH="$ROOT/py" cinder-volume
  uwsgi heat-api "$IP" 8004 /usr/bin/heat-wsgi-api "${AIO_API_PROCS:-2}"
  uwsgi heat-cfn "$IP" 8000 /usr/bin/heat-wsgi-api-cfn 1
  start heat-engine heat-engine
  [ "$OCTAVIA" = 1 ] && uwsgi octavia "$IP" 9876 /usr/bin/octavia-wsgi 1
  [ "$OCTAVIA" = 1 ] && start octavia-worker octavia-worker --config-file /etc/octavia/octavia.conf
  for ((n = 1; n <= FAKES; n++)); do
    start "nova-fake$n" nova-compute --config-file /etc/nova/nova.conf --config-file "$ROOT/etc/nova-fake$n.conf"
  done
  if [ "$REAL" = 1 ]; then
    start libvirtd libvirtd
    # An agent whose first call meets no neutron-rpc waits out a whole RPC timeout.
    client_python rpc
    uwsgi nova-metadata 127.0.0.1 8775 /usr/bin/nova-metadata-wsgi 1 "OS_NOVA_CONFIG_FILES=api-paste.ini;nova.conf;nova-db.conf"
    start linuxbridge-agent neutron-linuxbridge-agent $nconf --config-file $ml2 --config-file /etc/neutron/plugins/ml2/linuxbridge_agent.ini
    start dhcp-agent neutron-dhcp-agent $nconf --config-file /etc/neutron/dhcp_agent.ini
    start l3-agent neutron-l3-agent $nconf --config-file /etc/neutron/l3_agent.ini
    start metadata-agent neutron-metadata-agent $nconf --config-file /etc/neutron/metadata_agent.ini
    wait_for libvirtd 30 test -S /run/libvirt/libvirt-sock
    # Explicit, or it would read the package's nova-compute.conf too, which says kvm.
    start nova-compute nova-compute --config-file /etc/nova/nova.conf
  fi
}

# A port on a fake host binds only when a live L2 agent is known for that host:
# give it one that never ages.
fake_agents() {
  local n
  for ((n = 1; n <= FAKES; n++)); do
    cat <<C
INSERT INTO agents (id, agent_type, \`binary\`, topic, host, admin_state_up, created_at, started_at,
    heartbeat_timestamp, configurations, \`load\`)
  SELECT UUID(), 'Linux bridge agent', 'neutron-linuxbridge-agent', 'N/A', 'fake$n', 1, NOW(), NOW(), '2099-01-01',
    '{"tunneling_ip": "172.24.4.$((230 + n))", "devices": 0, "interface_mappings": {}, "tunnel_types": ["vxlan"],
      "bridge_mappings": {"public": "$BR"}, "extensions": [], "l2_population": false}', 0
  FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM agents WHERE host = 'fake$n');
C
  done | SQL neutron
}

client_python() { AIO_IP=$IP AIO_PW=$PW AIO_REAL=$REAL AIO_FAKES=$FAKES AIO_OCTAVIA=$OCTAVIA AIO_CIDR=$CIDR \
  AIO_HOST=$HOSTNAME_REAL /usr/bin/python3 "$here/lib/seed.py" "$@"; }

# Waits for all services, and gives up at once when a daemon has died.
await_ready() {
  local n w
  client_python ready & w=$!   # a subshell: its python is its child
  while kill -0 $w 2>/dev/null; do
    for n in $(cat "$ROOT/run/order"); do
      alive "$n" || { kill $(ps -o pid= --ppid $w) $w 2>/dev/null; tail -5 "$ROOT/log/$n.log" >&2; die "$n has died, see $ROOT/log/$n.log"; }
    done
    sleep 1
  done
  wait $w || die "not every service is up"
}

up() {
  [ "$(id -u)" = 0 ] || die "must run as root"
  mkdir -p "$ROOT"/{run,log}
  exec 9> "$ROOT/run/lock"; flock -w 1800 9 || die "another aio.sh is at work, for half an hour now"
  complete && return 0
  local t0=$SECONDS
  echo "$$ $(born $$)" > "$ROOT/run/up.pid"
  install_packages;   say "packages: $((SECONDS - t0)) s"
  write_config; host_network
  start_backings;     say "mariadb, rabbitmq, memcached: $((SECONDS - t0)) s"
  sync_databases;     say "schemas, keystone and its users: $((SECONDS - t0)) s"
  fake_agents
  start_openstack
  await_ready;            say "all services answer: $((SECONDS - t0)) s"
  client_python cloud;    say "networks, flavors, images: $((SECONDS - t0)) s"
  settings > "$ROOT/run/complete"
}

# Whether an "up" with these settings came to its end and all that it started still runs.  Of which clone it was does
# not matter: clones of several states may share one bed.  After a change here: down, and up.
settings() { echo "$REAL $FAKES $VIRT $OCTAVIA $APPCRED_TRUSTS"; }
complete() {
  local n
  [ "$(head -n1 "$ROOT/run/complete" 2>/dev/null)" = "$(settings)" ] || return 1
  for n in $(cat "$ROOT/run/order"); do alive "$n" || return 1; done
}

down() {
  local n p
  # An "up" still at work would start what this stops.
  if [ -r "$ROOT/run/up.pid" ] && alive up && read -r p n < "$ROOT/run/up.pid" && [ "$p" != $$ ]; then kill "$p"; sleep 1; fi
  [ -r "$ROOT/run/order" ] || { echo "nothing was started"; return 0; }
  rm -f "$ROOT/run/complete"
  # Guests first: they are no children of ours.
  if alive libvirtd; then
    for n in $(virsh -c qemu:///system list --name 2>/dev/null); do virsh -c qemu:///system destroy "$n" >/dev/null 2>&1 || true; done
  fi
  for n in $(tac "$ROOT/run/order" | grep -vx -e mysql -e rabbit -e epmd -e memcached); do stop "$n" 10 & done
  wait
  # What the agents leave running on purpose: dnsmasq, haproxy, radvd by their pidfiles.
  for p in $(find "$ROOT/neutron" -name pid -o -name '*.pid' 2>/dev/null | xargs -r cat 2>/dev/null); do
    [[ $(tr '\0' ' ' < "/proc/$p/cmdline" 2>/dev/null) == *"$ROOT/neutron"* ]] && kill "$p" 2>/dev/null || true
  done
  for n in rabbit epmd memcached mysql; do stop "$n" 30; done
  rm -f "$ROOT/run/order"
}

clear_network() {
  local n
  for n in $(ip netns list 2>/dev/null | awk '/^(qdhcp|qrouter)-/{print $1}'); do ip netns del "$n"; done
  for n in $(ip -br link | awk '{sub(/@.*/, "", $1); print $1}' | grep -E '^(tap[0-9a-f]{8}-[0-9a-f]{2}|brq[0-9a-f]{8}-[0-9a-f]{2}|vxlan-[0-9]+)$'); do ip link del "$n" 2>/dev/null || true; done
  ip link del "$BR" 2>/dev/null || true
}

reset() {
  down || true
  local m
  for m in $(awk -v r="$ROOT/" 'index($2, r) == 1 {print $2}' /proc/mounts); do umount "$m" || true; done
  rm -f /etc/libvirt/qemu/instance-*.xml
  clear_network
  rm -rf "${ROOT:?}"/{mysql,rabbit,nova,nova-fake*,neutron,cinder,heat,glance,glance-*,volumes,fernet,credential,synced,run,log,lock}
}

rss() { # resident KiB (proportional, so that shared pages count once) of a session
  local p=$1 q t=0 v
  for q in $(ps -o pid= -s "$p" 2>/dev/null); do
    v=$(awk '/^Pss:/{print $2}' "/proc/$q/smaps_rollup" 2>/dev/null || echo 0); t=$((t + ${v:-0}))
  done
  echo "$t"
}
status() {
  local n p s m total=0 bad=0
  [ -r "$ROOT/run/order" ] || { echo "nothing was started"; return 1; }
  for n in $(cat "$ROOT/run/order" 2>/dev/null); do
    if alive "$n"; then
      read -r p s < "$ROOT/run/$n.pid"; m=$(rss "$p"); total=$((total + m))
      printf '%-20s up    %7s  %5d MiB\n' "$n" "$p" $((m / 1024))
    else printf '%-20s DOWN\n' "$n"; bad=1; fi
  done
  printf '%-20s %20d MiB\n' total $((total / 1024))
  return $bad
}

case ${1:-} in
  up) up ;;
  down) down ;;
  restart) down; up ;;
  status) status ;;
  reset) reset ;;
  rc) cat "$ROOT/openrc" ;;
  *) sed -n '2,21s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
