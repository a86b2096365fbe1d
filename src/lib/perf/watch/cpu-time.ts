import { readFileSync } from "node:fs";

/** Linux counts CPU time in hundredths of a second for every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

/** CPU time of a process so far, user and system, in seconds; proc(5), stat, fields 14 and 15. Null where it has ended. */
export function cpuSecondsOf(pid: number): number | null {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return null;
  // The name, field 2, may hold blanks and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

export interface MachineCpu {
  /** Spent by anybody. */
  readonly busySeconds: number;
  /** Taken away by the host. */
  readonly stolenSeconds: number;
  /** All of it, idle time and the host's among it. */
  readonly totalSeconds: number;
}

/** CPU time of the whole machine so far; null where there is no /proc. */
export function machineCpu(): MachineCpu | null {
  const line = read("/proc/stat")?.split("\n", 1)[0];
  if (line === undefined) return null;
  const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softirq = 0, stolen = 0] = line
    .split(/\s+/)
    .slice(1)
    .map((ticks) => Number(ticks) / TICKS_PER_SECOND);
  const busySeconds = user + nice + system + irq + softirq;
  return { busySeconds, stolenSeconds: stolen, totalSeconds: busySeconds + idle + wait + stolen };
}

const RESOURCES = ["cpu", "memory", "io"] as const;
export type StallSeconds = Readonly<Record<(typeof RESOURCES)[number], number | null>>;

/** How long some task has waited for each resource so far (Documentation/accounting/psi.rst); null where not counted. */
export function stallSeconds(): StallSeconds {
  const of = (name: string): number | null => {
    const us = /^some .*total=(\d+)/m.exec(read(`/proc/pressure/${name}`) ?? "")?.[1];
    return us === undefined ? null : Number(us) / 1e6;
  };
  return { cpu: of("cpu"), memory: of("memory"), io: of("io") };
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined;
  }
}
