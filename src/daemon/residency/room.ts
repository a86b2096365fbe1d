import type { MemoryMeter } from "../governor/ports.ts";
import type { ServedModel } from "../model/served-model.ts";
import { estimateLoad, judgeFit } from "../policy/fit.ts";
import type { FitVerdict } from "../policy/fit.ts";

/**
 * Whether the workers of a model that nobody has measured yet fit beside what runs now.
 *
 * @param ceiling share of the limit that a load may not cross.
 */
export async function fitsBeside(
  model: ServedModel,
  meter: MemoryMeter,
  workers: number,
  ceiling: number,
): Promise<FitVerdict> {
  const { anonymousBytes, sharedBytes } = estimateLoad({ modelBytes: model.bytes, shared: true });
  const neededBytes = workers * anonymousBytes + sharedBytes;
  return judgeFit(neededBytes, { ...(await meter.measure()), ceiling });
}
