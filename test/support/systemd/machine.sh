#!/bin/sh
# A machine of its own for tests: a real systemd as PID 1 of fresh namespaces, over a copy-on-write view of this
# machine's files. machine.ts starts it; nobody else does.
#
#   machine.sh keep LAYER PROJECT CGROUP…   in mount and network namespaces of its own: makes the files, then boots, and
#                                           boots again for as long as the machine's end is a reboot
#   machine.sh boot LAYER CGROUP…           in the namespaces of one boot: goes into its cgroups
#   machine.sh init LAYER                   as PID 1: mounts what a boot mounts, and becomes systemd
#
# LAYER is a folder for what is written. PROJECT is the checkout, shown even where it is a mount of its own. MACHINE_ROOT is
# whose files the machine has, this machine's own by default; of another's the checkout is no part.
set -eu
SELF=$(readlink -f "$0")
stage=$1 layer=$2
shift 2

# over DIR WHERE: DIR as it is, at WHERE; what is written goes to the layer.
over() {
  name=$(echo "$1" | tr / +)
  mkdir -p "$layer/new$name" "$layer/work$name"
  chmod --reference="$1" "$layer/new$name"
  mount -t overlay machine -o "lowerdir=$1,upperdir=$layer/new$name,workdir=$layer/work$name" "$2"
}

# Nothing of what this machine has enabled, mounted or named; all of it in the layer alone.
make_bare() {
  etc=$1/etc
  rm -rf "$etc"/systemd/system/* "$etc"/rc?.d/* "$1"/var/log/journal "$1"/usr/sbin/policy-rc.d
  mkdir -p "$1"/var/log/journal "$etc"/tmpfiles.d
  : >"$etc/fstab"
  rm -f "$etc/machine-id"
  # With an empty one systemd would take this for a first boot, and enable whatever is installed.
  tr -d - </proc/sys/kernel/random/uuid >"$etc/machine-id"
  # Debian empties /tmp when it boots, where the checkout may lie.
  printf 'd /tmp 1777 root root -\nd /var/tmp 1777 root root -\n' >"$etc/tmpfiles.d/tmp.conf"
  for unit in getty.target console-getty.service systemd-networkd-wait-online.service systemd-timesyncd.service \
    apt-daily.timer apt-daily-upgrade.timer man-db.timer e2scrub_reap.service; do
    ln -s /dev/null "$etc/systemd/system/$unit"
  done
}

make_devices() {
  mount -t tmpfs -o nosuid,mode=755 machine "$1"
  while read -r device major minor; do mknod -m 666 "$1/$device" c "$major" "$minor"; done <<-END
	null 1 3
	zero 1 5
	full 1 7
	random 1 8
	urandom 1 9
	tty 5 0
	END
  mkdir "$1/pts" "$1/shm"
  mount -t devpts -o nosuid,noexec,newinstance,ptmxmode=666,mode=620,gid=5 devpts "$1/pts"
  mount -t tmpfs -o nosuid,nodev,mode=1777 machine "$1/shm"
  ln -s pts/ptmx "$1/ptmx"
  ln -s /proc/self/fd "$1/fd"
  for std in 0:stdin 1:stdout 2:stderr; do ln -s "fd/${std%:*}" "$1/${std#*:}"; done
  : >"$1/console"
  mount --bind "$1/null" "$1/console"
}

# The cgroup namespace is new: what is mounted here is the cgroup that we are in, and shows nothing above it.
mount_cgroups() {
  if [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; then
    mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 "$1"
    return
  fi
  mount -t tmpfs -o mode=755 machine "$1"
  while IFS=: read -r id controllers _; do
    folder=${controllers#name=}
    [ "$id" != 0 ] || folder=unified
    mkdir "$1/$folder"
    if [ "$id" = 0 ]; then mount -t cgroup2 cgroup2 "$1/unified"
    else mount -t cgroup -o "$controllers" cgroup "$1/$folder"; fi
    case $folder in *,*) for one in $(echo "$folder" | tr , ' '); do ln -s "$folder" "$1/$one"; done ;; esac
  done </proc/self/cgroup
  # Else systemd mounts hierarchies that this machine does not have.
  mount -o remount,ro "$1"
}

case $stage in
keep)
  project=$1
  shift
  # A file system that has no overlays over it (in a container, say): memory, then.
  files=${MACHINE_ROOT:-/}
  if ! (over "$files" "$layer") 2>/dev/null; then mount -t tmpfs -o mode=755 machine "$layer"; else umount "$layer"; fi
  mkdir -p "$layer/root"
  over "$files" "$layer/root"
  mount=$(findmnt -n -o TARGET -T "$project")
  if [ "$mount" != / ] && [ "$files" = / ]; then over "$mount" "$layer/root$mount"; fi
  make_bare "$layer/root"
  status=129
  # In a PID namespace of its own systemd's reboot is an end by SIGHUP, and its power-off one by SIGINT.
  while [ $status = 129 ]; do
    status=0
    setpriv --pdeathsig KILL unshare --mount --propagation private --pid --fork --kill-child=KILL --uts --ipc \
      sh "$SELF" boot "$layer" "$@" || status=$?
  done
  exit $status
  ;;
boot)
  for cgroup in "$@"; do echo 0 >"$cgroup/cgroup.procs"; done
  exec unshare --cgroup sh "$SELF" init "$layer"
  ;;
init)
  root=$layer/root
  mount --rbind "$root" "$root"
  mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
  # The kernel's settings are everybody's.
  for place in sys sysrq-trigger irq bus fs; do
    [ -e "$root/proc/$place" ] || continue
    mount --bind "$root/proc/$place" "$root/proc/$place"
    mount -o remount,bind,ro "$root/proc/$place"
  done
  mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$root/sys"
  mount_cgroups "$root/sys/fs/cgroup"
  make_devices "$root/dev"
  mount -t tmpfs -o nosuid,nodev,mode=755 machine "$root/run"
  mkdir -m 1777 "$root/run/lock"
  cd "$root"
  pivot_root . .
  umount -l .
  cd /
  # As on any machine: systemd mounts a unit's credentials from a namespace of their own, and in a container leaves this be.
  mount --make-rshared /
  exec setpriv --bounding-set=-sys_module,-sys_time,-sys_rawio,-syslog,-wake_alarm \
    env -i container=test LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --unit=multi-user.target </dev/null
  ;;
esac
