import { tightestOf } from "../governor/ports.ts";
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
  const estimate = estimateLoad({ modelBytes: model.bytes, shared: true, tried: false });
  const { anonymousBytes, loadBytes, sharedBytes } = estimate;
  // It is tried before weights are shared, and before the others load.
  const neededBytes = Math.max(workers * anonymousBytes + sharedBytes, (workers - 1) * anonymousBytes + loadBytes);
  return judgeFit(neededBytes, { ...tightestOf(await meter.measure(), ceiling), ceiling });
}
