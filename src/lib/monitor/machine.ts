import { readdirSync, readlinkSync, statfsSync } from "node:fs";
import type { CpuShares, DiskFigures, MachineFigures } from "./figures.ts";
import { KernelFile } from "./kernel-file.ts";
import {
  meminfoBytes,
  parseCpuTimes,
  parseDisks,
  parseLoad,
  parseNetwork,
  parseStalls,
  processTicks,
} from "./kernel-figures.ts";
import type { CpuTimes } from "./kernel-figures.ts";
import { RateMeter } from "./rates.ts";

/** USER_HZ, the unit of /proc/<pid>/stat: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
/** Disks and interfaces come and go, and files fill a disk, more slowly than anything else here changes. */
const SLOW_MS = 10_000;

type SlowFigures = Pick<DiskFigures, "totalBytes" | "usedBytes"> & {
  readonly disks: ReadonlySet<string>;
  readonly interfaces: ReadonlySet<string>;
};

interface WatchedProcess {
  readonly file: KernelFile;
  readonly meter: RateMeter;
}

/** Reads the machine from /proc and /sys alone: no process is started for it, and a reading takes well under 1 ms. */
export class MachineReader {
  readonly #path: string;
  readonly #files = {
    stat: new KernelFile("/proc/stat"),
    meminfo: new KernelFile("/proc/meminfo"),
    load: new KernelFile("/proc/loadavg"),
    disks: new KernelFile("/proc/diskstats"),
    network: new KernelFile("/proc/net/dev"),
    cpuStalls: new KernelFile("/proc/pressure/cpu"),
    memoryStalls: new KernelFile("/proc/pressure/memory"),
    ioStalls: new KernelFile("/proc/pressure/io"),
  };
  readonly #rates = {
    read: new RateMeter(),
    written: new RateMeter(),
    diskBusy: new RateMeter(),
    received: new RateMeter(),
    sent: new RateMeter(),
  };
  readonly #processes = new Map<number, WatchedProcess>();
  #cpu: readonly CpuTimes[] = [];
  #slow: SlowFigures | undefined;
  #slowAtMs = -Infinity;

  /** @param path a folder of the file system whose use is told. */
  constructor(path = "/") {
    this.#path = path;
  }

  /** @param atMs of a clock that never goes back. */
  read(atMs: number): MachineFigures {
    const { meminfo, load, cpuStalls, memoryStalls, ioStalls } = this.#files;
    const memory = meminfo.read() ?? "";
    const swapBytes = meminfoBytes(memory, "SwapTotal");
    if (atMs - this.#slowAtMs >= SLOW_MS) this.#lookAround(atMs);
    return {
      ...this.#readCpu(),
      load: parseLoad(load.read() ?? ""),
      memory: { totalBytes: meminfoBytes(memory, "MemTotal"), availableBytes: meminfoBytes(memory, "MemAvailable") },
      swap: { totalBytes: swapBytes, usedBytes: swapBytes - meminfoBytes(memory, "SwapFree") },
      pressure: {
        cpu: parseStalls(cpuStalls.read()),
        memory: parseStalls(memoryStalls.read()),
        io: parseStalls(ioStalls.read()),
      },
      disk: this.#readDisk(atMs),
      network: this.#readNetwork(atMs),
    };
  }

  /** Share of one core that each of these processes has taken since it was asked for last; null where that is not known. */
  readProcesses(pids: readonly number[], atMs: number): ReadonlyMap<number, number | null> {
    for (const [pid, { file }] of this.#processes) {
      if (pids.includes(pid)) continue;
      file.close();
      this.#processes.delete(pid);
    }
    return new Map(pids.map((pid) => [pid, this.#readProcess(pid, atMs)]));
  }

  #readProcess(pid: number, atMs: number): number | null {
    const known = this.#processes.get(pid) ?? { file: new KernelFile(`/proc/${pid}/stat`), meter: new RateMeter() };
    this.#processes.set(pid, known);
    const text = known.file.read();
    const perSecond = text === undefined ? null : known.meter.next(processTicks(text), atMs);
    return perSecond === null ? null : perSecond / TICKS_PER_SECOND;
  }

  #readCpu(): Pick<MachineFigures, "cpu" | "cores"> {
    const before = this.#cpu;
    const times = parseCpuTimes(this.#files.stat.read() ?? "");
    this.#cpu = times;
    const [all, ...cores] = times.map((now, index) => sharesOf(before[index], now));
    return { cpu: all ?? null, cores: cores.flatMap((core) => (core ? [core.busy] : [])) };
  }

  #readDisk(atMs: number): DiskFigures {
    const { disks = new Set<string>(), totalBytes = 0, usedBytes = 0 } = this.#slow ?? {};
    const counters = parseDisks(this.#files.disks.read() ?? "", disks);
    const busyMs = this.#rates.diskBusy.next(counters.busyMs, atMs);
    return {
      path: this.#path,
      totalBytes,
      usedBytes,
      readPerSecond: this.#rates.read.next(counters.readBytes, atMs),
      writtenPerSecond: this.#rates.written.next(counters.writtenBytes, atMs),
      busy: busyMs === null ? null : Math.min(1, busyMs / 1000),
    };
  }

  #readNetwork(atMs: number): MachineFigures["network"] {
    const counters = parseNetwork(this.#files.network.read() ?? "", this.#slow?.interfaces ?? new Set());
    return {
      receivedPerSecond: this.#rates.received.next(counters.receivedBytes, atMs),
      sentPerSecond: this.#rates.sent.next(counters.sentBytes, atMs),
    };
  }

  #lookAround(atMs: number): void {
    this.#slowAtMs = atMs;
    const disks = realDevices("/sys/block");
    const interfaces = realDevices("/sys/class/net");
    const { blocks, bsize, bfree, bavail } = statfsSync(this.#path);
    const usedBytes = (blocks - bfree) * bsize;
    this.#slow = {
      disks,
      // A container's interface is a virtual one.
      interfaces: interfaces.size > 0 ? interfaces : devicesIn("/sys/class/net", (name) => name !== "lo"),
      // As df has it: what is kept for root is neither used nor to be had.
      totalBytes: usedBytes + bavail * bsize,
      usedBytes,
    };
  }
}

/** Those with hardware behind them: loop devices, volumes and bridges would count the same bytes again. */
function realDevices(folder: string): ReadonlySet<string> {
  return devicesIn(folder, (name) => !readlinkSync(`${folder}/${name}`).includes("/virtual/"));
}

function devicesIn(folder: string, isWanted: (name: string) => boolean): ReadonlySet<string> {
  try {
    return new Set(readdirSync(folder).filter(isWanted));
  } catch {
    return new Set();
  }
}

function sharesOf(before: CpuTimes | undefined, now: CpuTimes): CpuShares | null {
  if (!before || now.total <= before.total) return null;
  const share = (name: keyof CpuTimes): number => Math.max(0, now[name] - before[name]) / (now.total - before.total);
  const [user, system] = [share("user"), share("system")];
  return { busy: user + system, user, system, wait: share("wait"), steal: share("steal") };
}
