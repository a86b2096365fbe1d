import { CombotError, messageOf } from "../../lib/errors.ts";
import { isFileShortage } from "../../lib/system-errors.ts";
import { Cgroup } from "./cgroup.ts";
import { kernelFiles } from "../../lib/kernel-files.ts";
import type { KernelFiles } from "../../lib/kernel-files.ts";
import { machineMemory, machinePressure } from "./machine-memory.ts";
import type { MemoryUsage } from "./machine-memory.ts";
import { worsePressure } from "./pressure.ts";
import type { Pressure } from "./pressure.ts";
import { ProcessTable } from "./process-table.ts";
import type { Member, ProcessFigures } from "./process-table.ts";

export interface MemorySample extends MemoryUsage {
  readonly atMs: number;
  /** usedBytes / limitBytes; above 1 where a limit of our own is passed. */
  readonly usage: number;
  /** What is fullest, the machine or a cgroup; or `setting`, the limit of our own. */
  readonly source: "system" | "cgroup" | "setting";
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
  readonly now: () => number;
  /** How long PSS is estimated from the last reading; see ProcessTable for what shortens it. */
  readonly pssEveryMs?: number;
  readonly files?: KernelFiles;
}

/** What memory is used, and by whom. One sample is taken at a time; whoever asks meanwhile waits for a later one. */
export class Sampler {
  readonly #options: SamplerOptions;
  readonly #files: KernelFiles;
  readonly #cgroup: Cgroup;
  readonly #table: ProcessTable;
  #turn: Promise<unknown> = Promise.resolve();
  #nextMeasure: Promise<MemorySample> | undefined;

  constructor(options: SamplerOptions) {
    this.#options = options;
    this.#files = options.files ?? kernelFiles;
    this.#cgroup = new Cgroup(this.#files);
    this.#table = new ProcessTable(this.#files, options.pssEveryMs ?? 10_000);
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

  #usage(treePssBytes: number): MemoryUsage & Pick<MemorySample, "source"> {
    const { limitBytes } = this.#options;
    if (limitBytes !== null) return { usedBytes: treePssBytes, limitBytes, source: "setting" };
    const machine = machineMemory(this.#files);
    const cgroup = this.#cgroup.usage(machine.limitBytes);
    const isCgroupFuller = cgroup !== null && ratioOf(cgroup) >= ratioOf(machine);
    return isCgroupFuller ? { ...cgroup, source: "cgroup" } : { ...machine, source: "system" };
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
