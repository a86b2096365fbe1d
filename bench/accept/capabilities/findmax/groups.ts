import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = "/sys/fs/cgroup";
const PERIOD_US = 100_000;
const isV1 = existsSync(join(ROOT, "cpu/cpu.cfs_period_us"));

/** A cgroup of one's own; what is started by its wrapper lies in it. Needs root. */
export interface Group {
  readonly wrapper: readonly string[];
  remove(): void;
}

/** @param cores that all of it may use together, also a part of one. */
export function cpuGroup(cores: number): Group {
  return isV1
    ? group("cpu", "cpu.cfs_quota_us", String(Math.round(cores * PERIOD_US)))
    : group("", "cpu.max", `${Math.round(cores * PERIOD_US)} ${PERIOD_US}`);
}

export function memoryGroup(bytes: number): Group {
  return isV1 ? group("memory", "memory.limit_in_bytes", String(bytes)) : group("", "memory.max", String(bytes));
}

let made = 0;

function group(controller: string, file: string, value: string): Group {
  const folder = join(ROOT, controller, `combot-findmax-${process.pid}-${made++}`);
  mkdirSync(folder);
  writeFileSync(join(folder, file), value);
  const remove = (): void => {
    // A process that has just ended may still be listed for a moment.
    try {
      rmdirSync(folder);
    } catch {
      setTimeout(() => rmdirSync(folder), 1000);
    }
  };
  return { wrapper: ["sh", "-c", `echo $$ > ${folder}/cgroup.procs && exec "$@"`, "sh"], remove };
}
