import { setTimeout as delay } from "node:timers/promises";
import { ClockTrust } from "./clock-trust.ts";
import type { Clocks } from "./clock-trust.ts";
import { HOUR_MS, MINUTE_MS } from "./spans.ts";
import type { Store } from "./store.ts";

export interface RetentionOptions {
  readonly store: Pick<Store, "prune" | "newestMs">;
  readonly retentionMs: number;
  readonly clocks: Clocks;
  /** The store can be asked now. */
  readonly isUp: () => boolean;
  /** Told once when removing is held, with why, and with null once it goes on. */
  readonly onHold: (why: string | null) => void;
}

const PAUSE_MS = 50;

/** Removes what is older than the retention, each hour and in pieces, and nothing by a clock that can't be trusted. */
export class Retention {
  readonly #options: RetentionOptions;
  readonly #trust: ClockTrust;
  #held: string | null = null;
  #prunedAtMs = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #isPruning = false;
  #stopped = false;

  constructor(options: RetentionOptions) {
    this.#options = options;
    this.#trust = new ClockTrust(options.clocks, options.retentionMs);
  }

  /** Why nothing is removed for its age; null where that is not so. */
  get held(): string | null {
    return this.#held;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#look(), MINUTE_MS).unref();
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
  }

  async prune(): Promise<void> {
    if (this.#isPruning) return;
    this.#isPruning = true;
    this.#prunedAtMs = this.#options.clocks.monotonic();
    try {
      await this.#pruneAll();
    } catch {
      // Whatever it was, the next write says so; what is old is removed an hour later.
    } finally {
      this.#isPruning = false;
    }
  }

  async #look(): Promise<void> {
    this.#trust.look();
    const isDue = this.#options.clocks.monotonic() - this.#prunedAtMs >= HOUR_MS;
    if (isDue || (this.#held !== null && this.#trust.isProven)) await this.prune();
  }

  async #pruneAll(): Promise<void> {
    const { store, clocks, retentionMs, isUp } = this.#options;
    if (!isUp()) return;
    const ofAll = await store.newestMs(Number.MAX_SAFE_INTEGER);
    const ofOlder = await store.newestMs(clocks.wall() - HOUR_MS);
    this.#hold(this.#trust.doubt({ ofAll, ofOlder }) ?? null);
    // Texts beyond their number go all the same: that is no matter of time.
    const beforeMs = this.#held === null ? clocks.wall() - retentionMs : 0;
    while (isUp() && !this.#stopped && (await store.prune(beforeMs)) > 0)
      await delay(PAUSE_MS, undefined, { ref: false });
  }

  #hold(why: string | null): void {
    const isNews = (why === null) !== (this.#held === null);
    this.#held = why;
    if (isNews) this.#options.onHold(why);
  }
}
