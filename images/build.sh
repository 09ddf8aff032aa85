#!/usr/bin/env bash
# Builds the node image: Debian 13 with Pacemaker, corosync and Quorate's agents.
#
#   in:   packages.list, overlay/, incus/ and disk/ beside this script; --agents DIR; --sources FILE
#   out:  OUT/rootfs.squashfs and OUT/metadata.tar.gz, as Incus imports them (a split image), or
#         OUT/disk.qcow2, as Nova boots it (--format qcow2: with kernel and boot loader);
#         OUT/pacemaker-schema/, what the image's Pacemaker accepts as a CIB
#
# One format a run: a container needs no kernel, and whoever wants containers should not wait for one.
# OUT appears whole or not at all; a kill leaves only OUT.work-PID, which the next run removes.
# Progress is one line a phase on stdout ("== phase"); the tools' own words go to stderr.
# SOURCE_DATE_EPOCH is respected. See README.md for doing it by hand.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

usage() {
  cat <<'USAGE'
usage: build.sh --out DIR --agents DIR --sources FILE [--recipe DIGEST] [--format incus|qcow2]
  --out      where the image is to land; must not exist
  --agents   holds agents.mjs, fence_quorate, incus-volume and cinder-volume
  --sources  apt sources (one-line or deb822) of trixie and its updates
  --recipe   written into the Incus image's property quorate.recipe
USAGE
}
fail() { echo "build.sh: $*" >&2; exit 1; }
phase() { echo "== $*"; }

out='' agents='' sources='' recipe='' format=incus
while [ $# -gt 0 ]; do
  case $1 in
    --out) out=$2 ;;
    --agents) agents=$2 ;;
    --sources) sources=$2 ;;
    --recipe) recipe=$2 ;;
    --format) format=$2 ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift 2
done
[ -n "$out" ] && [ -n "$agents" ] && [ -n "$sources" ] || { usage >&2; exit 2; }
[ "$(id -u)" = 0 ] || fail 'a Debian root needs device nodes and owners: run as root'
[ -e "$out" ] && fail "$out exists already"
for file in agents.mjs fence_quorate incus-volume cinder-volume; do
  [ -f "$agents/$file" ] || fail "$agents/$file is missing: build the agents first (npm run build:agents)"
done
[ -s "$sources" ] || fail "$sources is missing or empty"
case $format in
  incus) lists=("$here/packages.list") downloads=pacemaker-remote image=rootfs.squashfs tools=(mksquashfs) ;;
  qcow2)
    lists=("$here/packages.list" "$here/disk/packages.list") downloads='pacemaker-remote grub-pc-bin grub-common'
    image=disk.qcow2 tools=(mke2fs qemu-img)
    ;;
  *) fail "no such format: $format" ;;
esac
for tool in mmdebstrap dpkg-deb tar "${tools[@]}"; do
  command -v "$tool" >/dev/null || fail "$tool is not installed"
done

umask 022
for stale in "$out".work-*; do
  [ -d "$stale" ] && ! kill -0 "${stale##*.work-}" 2>/dev/null && rm -rf --one-file-system "$stale"
done
work=$out.work-$$
root=$work/root
mkdir -p "$work/result"
trap 'kill -9 $(jobs -p) 2>/dev/null || true; wait; rm -rf --one-file-system "$work"' EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(date +%s)}

debootstrap() {
  local packages options=()
  packages=$(sed -e 's/#.*//' -e '/^\s*$/d' "${lists[@]}" | tr -d ' ' | paste -sd,)
  # The host's way to the package servers (proxies and the like) is the build's way too.
  apt-config dump Acquire::http Acquire::https | grep -v '""' >"$work/apt.conf" || true
  [ -s "$work/apt.conf" ] && options+=(--aptopt="$work/apt.conf")
  # Before the kernel's installation, which makes the initramfs.
  [ "$format" = qcow2 ] && options+=(--essential-hook="cp -r --no-preserve=ownership '$here/disk/overlay/.' \"\$1\"")
  # In the background, so that a signal reaches us at once. mmdebstrap itself ignores signals until apt and dpkg are
  # through: in a process namespace of its own all of it ends with us, even when we are killed with -9.
  setpriv --pdeathsig KILL unshare --pid --kill-child --mount-proc mmdebstrap --mode=root --variant=minbase --format=directory --include="$packages" "${options[@]}" \
    --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/info/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/i18n/*' --dpkgopt='path-exclude=/usr/share/lintian/*' \
    --customize-hook='mkdir "$1/download" && chroot "$1" sh -c "cd /download && apt-get download '"$downloads"'" >&2' \
    trixie "$root" "$sources" >&2 &
  wait $!
}

# pacemaker and pacemaker-remote conflict as packages but share no file, so one image serves members and
# remote nodes. dpkg-deb -x would replace the link /lib by a directory.
unpack_remote() {
  dpkg-deb --fsys-tarfile "$root"/download/pacemaker-remote_*.deb |
    tar -C "$root" --keep-directory-symlink --exclude='./usr/share/doc' --exclude='./usr/share/man' -xf -
}

install_ours() {
  cp -r --no-preserve=ownership "$here/overlay/." "$root/"
  install -D -m 0644 "$agents/agents.mjs" "$root/usr/lib/quorate/agents.mjs"
  install -D -m 0755 "$agents/fence_quorate" "$root/usr/sbin/fence_quorate"
  install -D -m 0755 "$agents/incus-volume" "$root/usr/lib/ocf/resource.d/quorate/incus-volume"
  install -D -m 0755 "$agents/cinder-volume" "$root/usr/lib/ocf/resource.d/quorate/cinder-volume"
  install -d -m 0700 "$root/etc/quorate"
  # Where they are, ocf:heartbeat:nfsserver takes them instead of systemd's units: then nothing stops nfsdcld, which
  # keeps the moving volume busy, so that a planned move ends with a fencing.
  rm -f "$root"/etc/init.d/nfs-kernel-server "$root"/etc/init.d/nfs-common
  chroot "$root" systemctl preset-all >&2
}

# GRUB for a BIOS guest, which every Nova boots, as one image of what it needs. The packages do not stay: a guest never runs
# grub-install, and the core finds grub.cfg and the newest kernel by itself. (UEFI would want a second partition, with FAT.)
make_boot_loader() {
  local grub=/download/grub package
  for package in "$root"/download/grub-*.deb; do dpkg-deb -x "$package" "$root$grub"; done
  chroot "$root" "$grub/usr/bin/grub-mkimage" --directory="$grub/usr/lib/grub/i386-pc" --format=i386-pc \
    --prefix='(hd0,msdos1)/boot/grub' --output=/download/core.img biosdisk part_msdos ext2 normal serial terminal linux
  mv "$root/download/core.img" "$root$grub/usr/lib/grub/i386-pc/boot.img" "$work/"
}

# What is of one machine (keys, ids, names) must not be shared by all nodes; a node without a configuration is no member.
trim() {
  rm -f "$root"/etc/ssh/ssh_host_* "$root"/etc/corosync/corosync.conf "$root"/etc/{corosync,pacemaker}/authkey \
    "$root"/etc/resolv.conf "$root"/etc/hostname "$root"/etc/apt/apt.conf.d/99mmdebstrap \
    "$root"/var/lib/pacemaker/cib/* "$root"/var/lib/dbus/machine-id
  : >"$root/etc/machine-id"
  find "$root/var/log" -type f -delete
  rm -rf "$root/download" "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/tmp/* "$root"/run/*
  mkdir -p "$root/var/cache/apt/archives/partial"
  # Newer than /usr: else systemd runs ldconfig, sysusers and the catalogue again on every node's first boot.
  touch "$root/etc/.updated" "$root/var/.updated"
}

write_incus() {
  mksquashfs "$root" "$work/result/rootfs.squashfs" -noappend -quiet -no-progress -comp zstd -Xcompression-level 3 >&2
  mkdir "$work/metadata"
  cp -r "$here/incus/templates" "$work/metadata/"
  sed -e "s/^architecture:.*/architecture: $(uname -m)/" -e "s/^creation_date:.*/creation_date: $SOURCE_DATE_EPOCH/" \
    -e "s/quorate.recipe:.*/quorate.recipe: '$recipe'/" \
    "$here/incus/metadata.yaml" >"$work/metadata/metadata.yaml"
  tar -C "$work/metadata" --sort=name --owner=0 --group=0 --mtime="@$SOURCE_DATE_EPOCH" -czf "$work/result/metadata.tar.gz" metadata.yaml templates
}

# One partition, all of it made without a loop device or a mount: boot sector, GRUB's core behind it (where boot.img looks
# for it by itself: from the second sector on), the file system from the first MiB on. growpart and resizefs do the rest.
write_qcow2() {
  local disk=$work/disk.raw start=2048 mib sectors
  [ "$(stat -c %s "$work/core.img")" -le $(((start - 1) * 512)) ] || fail 'the boot loader is too large for its gap'
  # A file system's own tables and some room for the first boot, before it has grown.
  mib=$(($(du -sm "$root" | cut -f1) * 115 / 100 + 128))
  sectors=$((mib * 2048))
  truncate -s $(((start + sectors) * 512)) "$disk"
  mke2fs -q -t ext4 -L quorate-root -m 1 -E offset=$((start * 512)) -d "$root" "$disk" "${mib}M" >&2
  {
    head -c 440 "$work/boot.img"
    le32 0x51554f52
    printf '\0\0'
    # Active, type 83 (Linux); heads and cylinders are of no use any more.
    printf '\x80\xfe\xff\xff\x83\xfe\xff\xff'
    le32 $start
    le32 $sectors
    head -c 48 /dev/zero
    printf '\x55\xaa'
    cat "$work/core.img"
  } | dd of="$disk" conv=notrunc status=none
  qemu-img convert -c -f raw -O qcow2 "$disk" "$work/result/disk.qcow2" >&2
}
le32() { printf "$(printf '\\x%02x\\x%02x\\x%02x\\x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24)))"; }

# Pacemaker's RelaxNG with all that it includes, so that a CIB can be checked where no Pacemaker is installed.
write_schema() {
  local from=$root/usr/share/pacemaker to=$work/result/pacemaker-schema left=(pacemaker-4.0.rng) name
  mkdir "$to"
  while [ ${#left[@]} -gt 0 ]; do
    name=${left[0]} left=("${left[@]:1}")
    [ -e "$to/$name" ] && continue
    install -m 0644 "$from/$name" "$to/$name"
    mapfile -t -O ${#left[@]} left < <(sed -n 's/.*href="\([^"/:]*\.rng\)".*/\1/p' "$to/$name")
  done
}

phase 'Debian 13 with its packages'; debootstrap
phase 'pacemaker-remote beside pacemaker'; unpack_remote
[ "$format" = qcow2 ] && { phase 'boot loader'; make_boot_loader; }
phase 'configuration and agents'; install_ours
phase 'trimming'; trim
phase "packing for $format"; "write_$format"; write_schema
sync "$work/result"/*
# Whoever built the same meanwhile was as right as we are.
[ -f "$out/$image" ] || mv -T "$work/result" "$out"
phase done
