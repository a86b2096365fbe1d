import { readFileSync } from "node:fs";
import { readProcessMemory } from "../../src/daemon/memory/process-memory.ts";

/** Linux counts CPU time in hundredths of a second for every architecture it runs Node on. */
const TICKS_PER_SECOND = 100;

export interface NamedProcess {
  readonly role: string;
  readonly pid: number;
}

export interface ProcessMemory extends NamedProcess {
  readonly pssBytes: number;
  readonly privateBytes: number;
  readonly anonymousBytes: number;
}

/** CPU time of the processes so far, user and system, in seconds; proc(5), stat, fields 14 and 15. */
export function cpuSecondsOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuTicksOf(pid), 0) / TICKS_PER_SECOND;
}

function cpuTicksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  // The name, field 2, may hold blanks and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

/** CPU time of the whole machine so far: spent by anybody, and taken away by the host (steal). */
export function machineCpuSeconds(): { readonly busy: number; readonly stolen: number } {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, stolen = 0] = readFileSync("/proc/stat", "latin1")
    .split("\n", 1)[0]!
    .split(/\s+/)
    .map(Number);
  return { busy: (user + nice + system + irq + softirq) / TICKS_PER_SECOND, stolen: stolen / TICKS_PER_SECOND };
}

export async function memoryOf(processes: readonly NamedProcess[]): Promise<ProcessMemory[]> {
  return Promise.all(
    processes.map(async ({ role, pid }) => {
      const memory = await readProcessMemory(pid);
      if (!memory) throw new Error(`${role} ${pid} has ended`);
      const { pssBytes, privateBytes, anonymousBytes } = memory;
      return { role, pid, pssBytes, privateBytes, anonymousBytes };
    }),
  );
}
