import { CombotError, messageOf } from "../../lib/errors.ts";
import { isFileShortage } from "../../lib/system-errors.ts";
import { Cgroup, fullestOf } from "./cgroup.ts";
import { isInContainer } from "../../lib/container.ts";
import { kernelFiles } from "../../lib/kernel-files.ts";
import type { KernelFiles } from "../../lib/kernel-files.ts";
import { machineMemory, machinePressure } from "./machine-memory.ts";
import type { MemoryUsage } from "./machine-memory.ts";
import { worsePressure } from "./pressure.ts";
import type { Pressure } from "./pressure.ts";
import { readProcessCounters } from "./process-memory.ts";
import { ProcessTable } from "./process-table.ts";
import type { Member, ProcessFigures } from "./process-table.ts";

export interface MemorySample extends MemoryUsage {
  readonly atMs: number;
  /** usedBytes / limitBytes; above 1 where a limit of our own is passed. */
  readonly usage: number;
  /** What is fullest, the machine or a cgroup; or `setting`, the limit of our own. */
  readonly source: "system" | "cgroup" | "setting";
  /** All that is held against a limit: a cgroup that is emptier than the machine may yet have less room. */
  readonly limits: readonly MemoryUsage[];
  /** The worse of machine and cgroup; null where the kernel counts none. */
  readonly pressure: Pressure | null;
  /** PSS of the daemon and its workers: no page is counted twice. */
  readonly treePssBytes: number;
  readonly daemonPssBytes: number;
  /** Those that live. */
  readonly processes: readonly ProcessFigures[];
}

export interface SamplerOptions {
  /** The daemon and its worker processes at this moment. */
  readonly pids: () => readonly Member[];
  /** A limit of our own (MEMORY_LIMIT): then usage is what the tree takes of it, whatever else is full. */
  readonly limitBytes: number | null;
  /** Whose memory it is of; `auto` by default. */
  readonly source?: "auto" | "cgroup" | "machine" | "setting";
  /** Whether this process lives in a container, beside others that are none of its business. */
  readonly isContained?: boolean;
  readonly now: () => number;
  /** How long PSS is estimated from the last reading; see ProcessTable for what shortens it. */
  readonly pssEveryMs?: number;
  readonly files?: KernelFiles;
}

/** More than any machine has: cgroup v1 writes that nothing is limited as 2⁶³ bytes less a page. */
const NO_LIMIT_BYTES = 2 ** 60;
const UNLIMITED =
  "MEMORY_SOURCE is cgroup, and no cgroup of combot's has a limit: give it one (MemoryMax=, --memory, resources.limits.memory), or set MEMORY_SOURCE=auto";

/** What memory is used, and by whom. One sample is taken at a time; whoever asks meanwhile waits for a later one. */
export class Sampler {
  readonly #options: SamplerOptions;
  readonly #files: KernelFiles;
  readonly #cgroup: Cgroup;
  readonly #table: ProcessTable;
  readonly #isContained: boolean;
  #turn: Promise<unknown> = Promise.resolve();
  #nextMeasure: Promise<MemorySample> | undefined;

  constructor(options: SamplerOptions) {
    this.#options = options;
    this.#files = options.files ?? kernelFiles;
    this.#cgroup = new Cgroup(this.#files);
    this.#table = new ProcessTable(this.#files, options.pssEveryMs ?? 10_000);
    this.#isContained = options.isContained ?? isInContainer(process.env, this.#files);
  }

  /**
   * Cheap: PSS may be an estimate.
   *
   * @throws {CombotError} `MEMORY_UNMEASURED` where the kernel's files can't be read, never a figure in its place.
   */
  sample(): Promise<MemorySample> {
    return this.#inTurn(() => this.#take(false));
  }

  /** PSS of every process is read after this call, 4 ms for each large one. @throws as `sample`. */
  measure(): Promise<MemorySample> {
    // However many ask, one reading is enough for all whose turn hasn't come.
    this.#nextMeasure ??= this.#inTurn(() => {
      this.#nextMeasure = undefined;
      return this.#take(true);
    });
    return this.#nextMeasure;
  }

  /**
   * How full it is now, in a millisecond and without waiting, and what these processes have of pages that no file backs.
   *
   * @throws {Error} where the kernel's files can't be read.
   */
  glance(pids: readonly number[]): MemoryUsage & { readonly anonymousBytes: ReadonlyMap<number, number> } {
    const anonymousBytes = new Map<number, number>();
    for (const pid of pids) {
      const counters = readProcessCounters(pid, this.#files);
      if (counters) anonymousBytes.set(pid, counters.anonymousBytes);
    }
    return { ...this.#usage(this.#table.treeBytes(anonymousBytes)), anonymousBytes };
  }

  #inTurn(take: () => Promise<MemorySample>): Promise<MemorySample> {
    const taken = this.#turn.then(take).catch((error: unknown) => {
      throw new CombotError(isFileShortage(error) ? "TOO_MANY_FILES" : "MEMORY_UNMEASURED", messageOf(error));
    });
    this.#turn = taken.catch(() => undefined);
    return taken;
  }

  async #take(exact: boolean): Promise<MemorySample> {
    const { pids, now } = this.#options;
    const members = pids();
    const processes = await this.#table.read(members, now(), exact);
    refuseBlindness(members, processes);
    const treePssBytes = pssOf(processes);
    const used = this.#usage(treePssBytes);
    return {
      atMs: now(),
      usage: ratioOf(used),
      ...used,
      pressure: worsePressure(machinePressure(this.#files), this.#cgroup.pressure()),
      treePssBytes,
      daemonPssBytes: pssOf(processes.filter(({ role }) => role === "daemon")),
      processes,
    };
  }

  #usage(treePssBytes: number): Pick<MemorySample, "usedBytes" | "limitBytes" | "source" | "limits"> {
    const { limitBytes, source = "auto" } = this.#options;
    if (limitBytes !== null) return { usedBytes: treePssBytes, limitBytes, source: "setting", limits: [] };
    if (source === "cgroup") return this.#limitedCgroup();
    const machine = machineMemory(this.#files);
    if (source === "machine") return { ...machine, source: "system", limits: [machine] };
    const cgroups = this.#cgroup.usages(machine.limitBytes);
    const cgroup = fullestOf(cgroups);
    if (cgroup !== null && this.#isContained) return { ...cgroup, source: "cgroup", limits: cgroups };
    const limits = [machine, ...cgroups];
    const isCgroupFuller = cgroup !== null && ratioOf(cgroup) >= ratioOf(machine);
    return isCgroupFuller ? { ...cgroup, source: "cgroup", limits } : { ...machine, source: "system", limits };
  }

  /** Without a look at the machine, of which a container may not be shown anything. @throws where none has a limit. */
  #limitedCgroup(): Pick<MemorySample, "usedBytes" | "limitBytes" | "source" | "limits"> {
    const limits = this.#cgroup.usages(NO_LIMIT_BYTES);
    const usage = fullestOf(limits);
    if (usage === null) throw new Error(UNLIMITED);
    return { ...usage, source: "cgroup", limits };
  }
}

/** The daemon lives: where it can't be seen, no worker can be, and the sum of nothing is no usage. */
function refuseBlindness(members: readonly Member[], processes: readonly ProcessFigures[]): void {
  const isDaemon = ({ role }: Member): boolean => role === "daemon";
  if (!members.some(isDaemon) || processes.some(isDaemon)) return;
  throw new Error("/proc doesn't show what this process takes: mount proc at /proc");
}

function ratioOf({ usedBytes, limitBytes }: MemoryUsage): number {
  return usedBytes / limitBytes;
}

function pssOf(processes: readonly ProcessFigures[]): number {
  return processes.reduce((sum, { pssBytes }) => sum + pssBytes, 0);
}
