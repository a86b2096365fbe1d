import type { MemoryReport, ProcessMemory } from "../../lib/protocol/memory.ts";
import { readMachineMemory, readPressure } from "../memory/machine-memory.ts";
import { readProcessMemory } from "../memory/process-memory.ts";
import { levelOf } from "../policy/level.ts";
import type { Thresholds } from "../policy/level.ts";
import type { Engine } from "./engine.ts";

/** The daemon and every worker process, as the kernel counts them now; one that just ended is left out. */
export async function readTree(engines: readonly Engine[]): Promise<ProcessMemory[]> {
  const slots = engines.flatMap(({ pool }) => pool.slots);
  const pids = slots.flatMap((slot) => [...slot.workers].map((worker) => worker.pid));
  const roles = [
    { role: "daemon" as const, pid: process.pid },
    ...pids.map((pid) => ({ role: "worker" as const, pid })),
  ];
  const read = await Promise.all(
    roles.map(async ({ role, pid }) => ({ role, pid, memory: await readProcessMemory(pid) })),
  );
  return read.flatMap(({ role, pid, memory }) => {
    if (!memory) return [];
    const { rssBytes, pssBytes, privateBytes, mappedBytes } = memory;
    return [{ role, pid, rssBytes, pssBytes, privateBytes, mappedBytes }];
  });
}

/** PSS summed: no page is counted twice. */
export function pssOf(processes: readonly ProcessMemory[]): number {
  return processes.reduce((sum, { pssBytes }) => sum + pssBytes, 0);
}

/** @param limitBytes a limit of our own (MEMORY_LIMIT): then usage is what the process tree takes of it. */
export async function reportMemory(
  engines: readonly Engine[],
  thresholds: Thresholds,
  limitBytes: number | null,
): Promise<MemoryReport> {
  const [processes, machine, pressure] = await Promise.all([readTree(engines), readMachineMemory(), readPressure()]);
  const treeBytes = pssOf(processes);
  const used = limitBytes === null ? machine : { usedBytes: treeBytes, limitBytes };
  const usage = used.usedBytes / used.limitBytes;
  const workers = processes.filter(({ role }) => role === "worker");
  return {
    level: levelOf(usage, thresholds),
    usage: Math.round(usage * 1e4) / 1e4,
    ...used,
    source: limitBytes === null ? "system" : "setting",
    pressure,
    thresholds,
    processes,
    model: { loaded: engines.some(({ pool }) => pool.serving > 0), bytes: pssOf(workers) },
  };
}
