import type { Thresholds } from "../policy/level.ts";
import type { Decisions } from "./decisions.ts";
import type { Footprint } from "./footprint.ts";
import type { MemoryMeter, Sample, ShrinkableCache, Workers } from "./ports.ts";

export interface GovernorOptions {
  readonly meter: MemoryMeter;
  /** Of the models that are here. */
  readonly workers: () => Workers;
  /** Of the model whose worker has that slot; where none is given, of the one that comes back first. */
  readonly footprint: (slot?: number) => Footprint;
  /** Told each reading. */
  readonly onSample?: (sample: Sample) => void;
  /** To workers that are on their way. */
  readonly promisedBytes?: () => number;
  /** Gives up loads where memory has become too full for them. @returns whether any was, so that memory is read again. */
  readonly relieve?: (sample: Sample) => Promise<boolean>;
  readonly cache: ShrinkableCache;
  readonly decisions: Decisions;
  readonly thresholds: Thresholds;
  /** 0 = after every batch, which the pool does itself; −1 = never. */
  readonly idleUnloadMs: number;
  readonly collectGarbage: () => Promise<void>;
  readonly purgeRedis: () => void;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
  readonly onFailure: (error: unknown) => void;
}
