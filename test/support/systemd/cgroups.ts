import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const ROOT = "/sys/fs/cgroup";

/** Places of a machine in this machine's cgroups: one with cgroup v2, one in each hierarchy with v1. */
export interface Cgroups {
  /** What the machine sees as its roots. */
  readonly paths: readonly string[];
  /** Where a process goes in: with v2, one in the root would keep systemd from setting limits. */
  readonly entrances: readonly string[];
  /** Lets all processes of the machine together have so much of one core; undefined: no limit. */
  limitCpu(cores: number | undefined): void;
  remove(): Promise<void>;
}

/**
 * With v1, below the cgroups that we are in; with v2 below the root, the only place where processes and limited children
 * may be side by side. Needs root.
 */
export function makeCgroups(name: string): Cgroups {
  const isV2 = isUnified();
  const parents = isV2 ? [unifiedRoot()] : hierarchies();
  const paths = parents.map((parent) => makeChild(parent, name));
  return {
    paths,
    entrances: isV2 ? paths.map((path) => join(path, "init.scope")) : paths,
    limitCpu: (cores) => limitCpu(paths, cores),
    remove: async () => {
      for (const path of paths) await removeTree(path);
    },
  };
}

const PERIOD_US = 100_000;

function limitCpu(paths: readonly string[], cores: number | undefined): void {
  const file = isUnified() ? "cpu.max" : "cpu.cfs_quota_us";
  const found = paths.map((path) => join(path, file)).find((path) => existsSync(path));
  if (found === undefined) throw new Error("no cgroup of this machine's limits the CPU");
  const none = isUnified() ? "max" : "-1";
  const quota = cores === undefined ? none : String(Math.round(cores * PERIOD_US));
  writeFileSync(found, isUnified() ? `${quota} ${PERIOD_US}` : quota);
}

function isUnified(): boolean {
  return existsSync(join(ROOT, "cgroup.controllers"));
}

function unifiedRoot(): string {
  const controllers = readFileSync(join(ROOT, "cgroup.controllers"), "latin1").trim().split(" ");
  const wanted = controllers.filter((controller) => ["cpu", "io", "memory", "pids", "cpuset"].includes(controller));
  writeFileSync(join(ROOT, "cgroup.subtree_control"), wanted.map((controller) => `+${controller}`).join(" "));
  return ROOT;
}

function hierarchies(): string[] {
  const lines = readFileSync("/proc/self/cgroup", "latin1").trim().split("\n");
  const places = lines.map((line) => {
    const [id, controllers = "", ...path] = line.split(":");
    return join(ROOT, id === "0" ? "unified" : controllers.replace(/^name=/, ""), path.join(":"));
  });
  return places.filter((place) => existsSync(place));
}

function makeChild(parent: string, name: string): string {
  removeOrphans(parent);
  const path = join(parent, name);
  mkdirSync(path);
  // With v1 a cpuset takes no process before it is told its processors.
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    if (existsSync(join(parent, "tasks")) && existsSync(join(path, file)))
      writeFileSync(join(path, file), readFileSync(join(parent, file)));
  }
  return path;
}

/** Left by a test run that was killed. */
function removeOrphans(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = /^combot-machine\.(\d+)\./.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) tryToRemove(join(parent, name));
  }
}

/** The kernel lets go of a cgroup a moment after its last process. */
async function removeTree(path: string): Promise<void> {
  for (let tries = 0; tries < 250 && !tryToRemove(path); tries++) await delay(20);
}

function tryToRemove(path: string): boolean {
  try {
    for (const entry of readdirSync(path, { withFileTypes: true }))
      if (entry.isDirectory()) tryToRemove(join(path, entry.name));
    rmdirSync(path);
    return true;
  } catch {
    return !existsSync(path);
  }
}
