import type { Answer } from "./answer.ts";
import type { TextKey } from "./keys.ts";

export type TierName = "memory" | "redis";

export interface Hit {
  readonly answer: Answer;
  /** How long the entry has left. */
  readonly ttlMs: number;
  readonly tier: TierName;
}

export interface Lookup {
  /** Of the model; tells a damaged entry. */
  readonly labels: number;
  /** Labels wanted; an entry that holds fewer of more is a miss. */
  readonly topK: number;
  /** False: it is in no figure of the cache. */
  readonly isCounted?: boolean;
}

export interface Keeping {
  readonly ttlMs: number;
  /** Process that computed the answer; its part of the memory tier goes when it is recycled. */
  readonly worker?: number | undefined;
}

/**
 * Where answers are kept. Trouble is a miss, counted, and never an error; nobody waits for a write. What is not promised:
 * that what was set is found again.
 */
export interface Tier {
  /** At once where it can: a promise only where somebody has to be asked. */
  find(key: TextKey, lookup: Lookup): Hit | undefined | Promise<Hit | undefined>;
  set(key: TextKey, answer: Answer, keeping: Keeping): void;
}

/** Whether an entry answers a request for so many labels. */
export function suffices({ ranking }: Answer, { labels, topK }: Lookup): boolean {
  return ranking.length >= Math.min(topK, labels);
}
