/** Counters of one CPU, or of all of them, in ticks since boot. */
export interface CpuTimes {
  readonly user: number;
  readonly system: number;
  /** Idle with I/O under way. */
  readonly wait: number;
  /** What the hypervisor gave to others. */
  readonly steal: number;
  /** All of it, idle time included. */
  readonly total: number;
}

/** What /proc/stat says of all CPUs together, then of each. */
export function parseCpuTimes(text: string): CpuTimes[] {
  const times: CpuTimes[] = [];
  for (const line of text.split("\n")) {
    // They stand first; the line of interrupts behind them is kilobytes long.
    if (!line.startsWith("cpu")) break;
    const [user = 0, nice = 0, kernel = 0, idle = 0, wait = 0, irq = 0, soft = 0, steal = 0] = numbersOf(line, 1);
    // What guests of this machine take is in user and nice already.
    const system = kernel + irq + soft;
    times.push({ user: user + nice, system, wait, steal, total: user + nice + system + idle + wait + steal });
  }
  return times;
}

/** Kilobytes that /proc/meminfo names so, in bytes; NaN where it does not. */
export function meminfoBytes(text: string, name: string): number {
  const from = text.indexOf(`${name}:`);
  return from < 0 ? NaN : Number.parseInt(text.slice(from + name.length + 1, from + name.length + 24), 10) * 1024;
}

export function parseLoad(text: string): readonly [number, number, number] {
  const [one = 0, five = 0, fifteen = 0] = numbersOf(text, 0);
  return [one, five, fifteen];
}

/** Percent of the last 10 s in which some, and all, tasks waited. */
export interface Stalls {
  readonly some10: number;
  /** 0 where the kernel does not tell, as for CPU in older ones. */
  readonly full10: number;
}

/** Null where the kernel counts none. */
export function parseStalls(text: string | undefined): Stalls | null {
  const share = (kind: string): number => {
    const from = (text ?? "").indexOf(`${kind} avg10=`);
    return from < 0 ? NaN : Number.parseFloat((text ?? "").slice(from + kind.length + 7));
  };
  const some10 = share("some");
  return Number.isNaN(some10) ? null : { some10, full10: share("full") || 0 };
}

export interface DiskCounters {
  readonly readBytes: number;
  readonly writtenBytes: number;
  /** Time in which at least one request was under way. */
  readonly busyMs: number;
}

/** /proc/diskstats counts in sectors of 512 bytes, whatever the disk's own are (Linux, Documentation/admin-guide/iostats). */
const SECTOR_BYTES = 512;

/** Of these disks together; the busiest one's time. */
export function parseDisks(text: string, names: ReadonlySet<string>): DiskCounters {
  const sum = { readBytes: 0, writtenBytes: 0, busyMs: 0 };
  for (const line of text.split("\n")) {
    const fields = line.trim().split(/ +/);
    if (!names.has(fields[2] ?? "")) continue;
    sum.readBytes += Number(fields[5]) * SECTOR_BYTES;
    sum.writtenBytes += Number(fields[9]) * SECTOR_BYTES;
    sum.busyMs = Math.max(sum.busyMs, Number(fields[12]));
  }
  return sum;
}

export interface NetworkCounters {
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

/** Of these interfaces together, from /proc/net/dev. */
export function parseNetwork(text: string, names: ReadonlySet<string>): NetworkCounters {
  const sum = { receivedBytes: 0, sentBytes: 0 };
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    if (colon < 0 || !names.has(line.slice(0, colon).trim())) continue;
    const fields = numbersOf(line.slice(colon + 1), 0);
    sum.receivedBytes += fields[0] ?? 0;
    sum.sentBytes += fields[8] ?? 0;
  }
  return sum;
}

/** Ticks of user and system time that a process has had, from /proc/<pid>/stat; its name may hold anything. */
export function processTicks(text: string): number {
  const [, , , , , , , , , , , user = NaN, system = NaN] = numbersOf(text.slice(text.lastIndexOf(")") + 2), 0);
  return user + system;
}

function numbersOf(line: string, from: number): number[] {
  return line.trim().split(/\s+/).slice(from).map(Number);
}
