import { MIB } from "../../../src/lib/units.ts";
import { statLines, underFolder } from "./fake-kernel.ts";

/** v1 as systemd mounts it beside an empty unified hierarchy (hybrid); the figures are of a real one. */
export const V1 = {
  cgroup:
    "12:cpu,cpuacct:/system.slice\n5:hugetlb,memory:/system.slice/combot.service\n1:name=systemd:/x\n0::/y.service\n",
  mountinfo: [
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755",
    "34 31 0:31 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct",
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:10 master:2 - cgroup cgroup rw,hugetlb,memory",
    "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate",
  ].join("\n"),
  folder: "/sys/fs/cgroup/memory/system.slice/combot.service",
} as const;

export const V2 = {
  cgroup: "0::/system.slice/combot.service\n",
  mountinfo:
    "35 24 0:30 / /sys/fs/cgroup rw,nosuid,nodev shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot",
  folder: "/sys/fs/cgroup/system.slice/combot.service",
} as const;

export function selfOf({ cgroup, mountinfo }: { cgroup: string; mountinfo: string }): Record<string, string> {
  return { "/proc/self/cgroup": cgroup, "/proc/self/mountinfo": `${mountinfo}\n` };
}

interface Level {
  /** 1 MiB each. */
  readonly current: number;
  readonly limit: number | string;
  readonly active?: number;
  readonly inactive?: number;
  readonly slab?: number;
}

export function v1Level(folder: string, { current, limit, active = 0, inactive = 0 }: Level): Record<string, string> {
  const stat = { active_file: 7, total_inactive_file: inactive * MIB, total_active_file: active * MIB };
  return underFolder(folder, {
    "memory.usage_in_bytes": `${current * MIB}\n`,
    "memory.limit_in_bytes": `${typeof limit === "number" ? limit * MIB : limit}\n`,
    "memory.memsw.limit_in_bytes": `${MIB}\n`,
    "memory.memsw.usage_in_bytes": `${MIB}\n`,
    "memory.stat": statLines(stat),
  });
}

export function v2Level(folder: string, level: Level): Record<string, string> {
  const { current, limit, active = 0, inactive = 0, slab = 0 } = level;
  return underFolder(folder, {
    "memory.current": `${current * MIB}\n`,
    "memory.max": `${typeof limit === "number" ? limit * MIB : limit}\n`,
    "memory.high": "max\n",
    "memory.stat": statLines({
      anon: 1,
      active_file: active * MIB,
      inactive_file: inactive * MIB,
      slab_reclaimable: slab * MIB,
      slab_unreclaimable: 5,
      workingset_activate_file: 9,
    }),
  });
}
