import type { MemoryLevel } from "../../lib/protocol/memory-levels.ts";
import type { MemoryReport, ProcessMemory } from "../../lib/protocol/memory.ts";
import type { Sample } from "../governor/ports.ts";
import { idleUnloadInMs } from "../policy/idle.ts";
import type { Thresholds } from "../policy/level.ts";
import type { Engine } from "../residency/engine.ts";
import type { Models } from "../residency/models.ts";

/** The daemon and every worker process there is now. */
export function pidsOf(engines: readonly Engine[]): { role: "daemon" | "worker"; pid: number }[] {
  const slots = engines.flatMap(({ pool }) => pool.slots);
  const workers = slots.flatMap((slot) => [...slot.workers].map(({ pid }) => ({ role: "worker" as const, pid })));
  return [{ role: "daemon", pid: process.pid }, ...workers];
}

export interface MemorySurroundings {
  readonly thresholds: Thresholds;
  readonly models: Models;
  readonly idleUnloadMs: number;
}

/** @param level where the ladder stands: it has hysteresis, which a single reading has not. */
export function reportMemory(
  sample: Sample,
  level: MemoryLevel,
  { thresholds, models, idleUnloadMs }: MemorySurroundings,
): MemoryReport {
  const { usage, usedBytes, limitBytes, source, pressure } = sample;
  const processes = sample.processes.map(processMemory);
  const modelBytes = processes.filter(({ role }) => role === "worker").reduce((sum, { pssBytes }) => sum + pssBytes, 0);
  return {
    level,
    usage: Math.round(usage * 1e4) / 1e4,
    usedBytes,
    limitBytes,
    source,
    pressure,
    thresholds,
    processes,
    model: { ...reportModel(models.current, idleUnloadMs), bytes: modelBytes },
  };
}

function reportModel({ model, pool }: Engine, idleUnloadMs: number): Omit<MemoryReport["model"], "bytes"> {
  const serving = pool.slots.flatMap(({ current }) => (current?.serving ? [current] : []));
  const unloadsInMs = idleUnloadInMs(serving, idleUnloadMs);
  return {
    name: model.name,
    digest: model.digest.slice(0, 12),
    loaded: serving.length > 0,
    unloadsInSeconds: unloadsInMs === null ? null : Math.round(unloadsInMs / 1000),
  };
}

export function processMemory(process: Sample["processes"][number]): ProcessMemory {
  const { role, pid, rssBytes, pssBytes, privateBytes, mappedBytes } = process;
  return { role, pid, rssBytes, pssBytes, privateBytes, mappedBytes };
}
