import { SIZES } from "../profiles.ts";
import type { Setting } from "../setting.ts";
import { durationMs, onOff, wholeNumber } from "../value-types.ts";

/** The cache of classifications, both tiers. */
export const CACHE_SETTINGS = {
  CACHE_TTL: {
    type: durationMs("seconds", { min: 1, max: 31_536_000 }),
    default: "7200",
    unit: "seconds",
    live: true,
    doc: "How long a classification stays cached.",
  },
  MAX_CACHE_SIZE: {
    // 0 is refused: there is no tier that makes room for what it may not hold.
    type: wholeNumber({ min: 1, max: 10_000_000 }),
    sizes: SIZES.maxCacheSize,
    unit: "entries",
    doc: "Entries of the in-memory tier.",
  },
  CACHE_WARM: {
    type: onOff(),
    default: "off",
    doc: "Warm the cache from the journal at start and after Redis lost its data.",
  },
} as const satisfies Record<string, Setting>;
