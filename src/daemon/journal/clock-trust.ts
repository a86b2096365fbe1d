import { DAY_MS, HOUR_MS } from "./spans.ts";

export interface Clocks {
  /** The time of day, in ms since 1970; somebody may set it. */
  readonly wall: () => number;
  /** Never goes back, in ms; nobody sets it. */
  readonly monotonic: () => number;
}

/** What the journal has: times of its rows in ms since 1970, null where there are none. */
export interface Newest {
  readonly ofAll: number | null;
  /** Of those that are older than an hour: this run, or the one before it, may have written the others by a wrong clock. */
  readonly ofOlder: number | null;
}

/** Two looks between which the clocks went further apart than this saw one of them set; slewing does a tenth of it. */
const SET_MS = 30_000;
/** A row of another machine's clock may be so much ahead. */
const AHEAD_MS = 120_000;
/** A gap that costs the oldest rows no more than a tenth of their time if the clock was wrong. */
const GAP_SHARE = 0.1;

/**
 * Whether the time of day may be trusted with removing what is old. It is doubted where the newest row contradicts it,
 * until it has gone for an hour as the monotonic clock does: a daemon that was off for a month looks just like one whose
 * clock is a month ahead, and the hour costs the first nothing.
 */
export class ClockTrust {
  readonly #clocks: Clocks;
  readonly #longestGapMs: number;
  #agreesSinceMs: number;
  #last: { readonly wallMs: number; readonly monotonicMs: number };

  constructor(clocks: Clocks, retentionMs: number) {
    this.#clocks = clocks;
    this.#longestGapMs = Math.min(DAY_MS, retentionMs * GAP_SHARE);
    this.#last = { wallMs: clocks.wall(), monotonicMs: clocks.monotonic() };
    this.#agreesSinceMs = this.#last.monotonicMs;
  }

  /** To be done often: two settings that undo each other within one stretch are not seen. */
  look(): void {
    const now = { wallMs: this.#clocks.wall(), monotonicMs: this.#clocks.monotonic() };
    const apartMs = now.wallMs - this.#last.wallMs - (now.monotonicMs - this.#last.monotonicMs);
    if (Math.abs(apartMs) > SET_MS) this.#agreesSinceMs = now.monotonicMs;
    this.#last = now;
  }

  /** Both clocks have agreed for an hour: whatever the rows say. */
  get isProven(): boolean {
    return this.#last.monotonicMs - this.#agreesSinceMs >= HOUR_MS;
  }

  /** Why nothing should be removed by this clock; undefined where nothing speaks against it. */
  doubt({ ofAll, ofOlder }: Newest): string | undefined {
    this.look();
    if (this.isProven) return undefined;
    const { wallMs } = this.#last;
    if (ofAll !== null && ofAll - wallMs > AHEAD_MS) return against(ofAll, "ahead of");
    if (ofOlder !== null && wallMs - HOUR_MS - ofOlder > this.#longestGapMs) return against(ofOlder, "long behind");
    return undefined;
  }
}

function against(rowMs: number, how: string): string {
  const row = new Date(rowMs).toISOString();
  return `the newest row (${row}) is ${how} the clock: nothing is removed for its age until the clock has run evenly for an hour`;
}
