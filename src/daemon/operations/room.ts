import { readMachineMemory } from "../memory/machine-memory.ts";
import type { ServedModel } from "../model/served-model.ts";
import { estimateBytes, judgeFit } from "../policy/fit.ts";
import type { FitVerdict } from "../policy/fit.ts";
import { pssOf, readTree } from "./memory-report.ts";
import type { Engine } from "./engine.ts";

export interface RoomSettings {
  readonly workers: number;
  /** A limit of our own (MEMORY_LIMIT): then the process tree is held against it. */
  readonly memoryLimitBytes: number | null;
  /** Share of the limit that a load may not cross. */
  readonly ceiling: number;
}

/** Whether the workers of a model that nobody has measured yet fit beside what runs now. */
export async function fitsBeside(
  model: ServedModel,
  engines: readonly Engine[],
  { workers, memoryLimitBytes, ceiling }: RoomSettings,
): Promise<FitVerdict> {
  const neededBytes = estimateBytes({ workers, modelBytes: model.bytes, shared: true });
  if (memoryLimitBytes === null) return judgeFit(neededBytes, { ...(await readMachineMemory()), ceiling });
  const usedBytes = pssOf(await readTree(engines));
  return judgeFit(neededBytes, { usedBytes, limitBytes: memoryLimitBytes, ceiling });
}
