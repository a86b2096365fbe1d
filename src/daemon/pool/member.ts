import type { Member } from "./cores.ts";
import type { Slot } from "./slot.ts";
import type { WorkSource } from "./work.ts";

export interface MemberParts {
  readonly source: WorkSource;
  readonly settings: { readonly requestTimeoutMs: number };
  readonly slots: readonly Slot[];
  readonly mostBatches: () => number;
  /** A worker with fewer batches than that would take one. */
  readonly hasTaker: (most: number) => boolean;
  readonly handOut: (most: number) => boolean;
}

/** A pool as the processors know it, asked at each moment. */
export function memberOf({ source, settings, slots, mostBatches, hasTaker, handOut }: MemberParts): Member {
  return {
    get busy() {
      return slots.filter(({ current }) => current?.state === "busy").length;
    },
    get waitedMs() {
      return source.oldestMs;
    },
    get deadlineMs() {
      return settings.requestTimeoutMs;
    },
    get isPressing() {
      return source.isPressing;
    },
    get mostBatches() {
      return mostBatches();
    },
    canTake: (most) => source.waiting > 0 && hasTaker(most),
    handOut,
  };
}
