#!/bin/sh
# make-image.sh SUITE MIRROR TREE KEY PACKAGE...: an installed Debian in the folder TREE, for `mkfs.ext4 -d`. Root.
# Wants a mount namespace of its own, with which what is mounted here goes away again.
set -eu
suite=$1 mirror=$2 tree=$3 key=$4
shift 4
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

mount --make-rprivate /
debootstrap --variant=minbase "$suite" "$tree" "$mirror"
mount -t proc proc "$tree/proc"
mount --rbind /dev "$tree/dev"

# Services that packages would start find a policy against it.
policy=$tree/usr/sbin/policy-rc.d
printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy"
chroot "$tree" apt-get update
chroot "$tree" apt-get install --yes --no-install-recommends "$@"
chroot "$tree" apt-get clean
rm -rf "$policy" "$tree"/var/lib/apt/lists/*

cat >"$tree/etc/fstab" <<FSTAB
/dev/vda      /     ext4  defaults                 0 1
LABEL=goods   /srv  ext4  ro,noauto                0 0
LABEL=project /mnt  ext4  ro,noauto                0 0
LABEL=pages   none  swap  noauto                   0 0
FSTAB
cat >"$tree/etc/systemd/network/10-guest.network" <<NETWORK
[Match]
Type=ether
[Network]
DHCP=ipv4
NETWORK
echo guest >"$tree/etc/hostname"
echo '127.0.0.1 localhost guest' >"$tree/etc/hosts"
: >"$tree/etc/machine-id"
mkdir -p "$tree/var/log/journal"
chroot "$tree" systemctl enable systemd-networkd.service ssh.service
chroot "$tree" ssh-keygen -A

install -d -m 700 "$tree/root/.ssh"
echo "$key" >"$tree/root/.ssh/authorized_keys"
# One who may sudo, and three for the groups that a deploy makes.
for user in ops clerk lead stranger; do chroot "$tree" useradd --create-home --shell /bin/bash "$user"; done
echo 'ops ALL=(ALL) NOPASSWD: ALL' >"$tree/etc/sudoers.d/ops"
chmod 440 "$tree/etc/sudoers.d/ops"
