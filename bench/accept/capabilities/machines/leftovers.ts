import type { VirtualMachine } from "../../../../test/support/vm/virtual-machine.ts";
import type { Line } from "../../record.ts";
import { deploy, equals, forTheRecord, found } from "./probes.ts";

/** What others write on any machine, combot or not: logs, systemd's and the packaged Redis' state, what sysusers and su keep. */
const OTHERS = [
  "/proc",
  "/sys",
  "/dev",
  "/run",
  "/srv",
  "/mnt",
  "/tmp",
  "/root",
  "/home",
  "/var/log",
  "/var/tmp",
  "/var/lib/systemd",
  "/var/lib/private",
  "/var/lib/redis",
  "/var/lib/valkey",
  "/var/lib/sudo",
  "/var/cache",
  "/var/lib/apt",
  "/var/backups",
  // Links of the packaged Redis, which is enabled again as it was.
  "/etc/systemd/system/redis.service",
  "/etc/systemd/system/multi-user.target.wants/redis-server.service",
  "/opt/models",
];
const ACCOUNTS = String.raw`^/etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$`;

/** `--remove` takes all but data, `--purge` the rest: what is newer than the start afterwards is nobody's of ours. */
export async function* leavesNothing(machine: VirtualMachine, say: (progress: string) => void): AsyncGenerator<Line> {
  say("removing");
  const { guest } = machine;
  await guest.sh("gpasswd --delete clerk combot; gpasswd --delete lead combot-admin");
  const removed = await deploy(machine, "--remove");
  yield equals("remove: exit status", removed.status === 0 ? 0 : removed.stderr.slice(-300), 0);
  const ours =
    "find /etc /opt /run /var/lib /usr/local/bin -xdev -name '*combot*' -not -path '/run/systemd/*' -not -path /usr/local/bin/combot";
  yield equals("remove: what is there by name", await found(machine, `${ours} -prune`), "/var/lib/combot");
  yield forTheRecord(
    "remove: what is left of /etc/combot",
    await found(machine, "ls -A /etc/combot 2>/dev/null; true"),
  );
  yield equals("remove: combot is still there to be typed", (await guest.run("combot --version")).status, 0);
  const purged = await deploy(machine, "--remove", "--purge");
  yield equals("purge: exit status", purged.status === 0 ? 0 : purged.stderr.slice(-300), 0);
  yield equals("purge: what is there by name", await found(machine, ours), "none");
  yield equals("purge: users and groups", await found(machine, "grep combot /etc/passwd /etc/group"), "none");
  const prune = OTHERS.map((path) => `-path ${path} -prune -o`).join(" ");
  const newer = `find / -xdev ${prune} -newer /root/start -not -type d -print | grep -vE '${ACCOUNTS}'`;
  yield equals("purge: files newer than the start", await found(machine, newer), "none");
  const folders = `find / -xdev ${prune} -newer /root/start -type d -print`;
  yield forTheRecord("purge: folders newer than the start", await found(machine, folders));
  yield equals("purge: failed units", await found(machine, "systemctl --failed --no-legend --plain"), "none");
  const units = "redis-server.service valkey-server.service";
  const packaged = `for unit in ${units}; do test -e /usr/lib/systemd/system/$unit && systemctl is-enabled $unit && systemctl is-active $unit; done; true`;
  yield equals("purge: the packaged Redis is as it was", await found(machine, packaged), "enabled active");
}
