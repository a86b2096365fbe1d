import { pickBatch } from "../policy/batch.ts";
import type { BatchLimits, Batching, WaitingText } from "../policy/batch.ts";

/** One request on its way: when it came, and who asked. */
export interface Asker {
  readonly atMs: number;
  readonly user: number;
}

/** A text on its way through a worker, for whoever asked first and all who asked meanwhile. */
export interface Text extends WaitingText {
  /** Which one it is; −1 is like no other. */
  readonly rank: number;
  readonly asker: Asker;
  readonly joined: Asker[];
}

export interface LineOptions {
  readonly maxTexts: number;
  readonly requestTimeoutMs: number;
  readonly batchLimits: () => BatchLimits;
  readonly batching: Batching;
  readonly now: () => number;
  readonly onExpired: (texts: readonly Text[]) => void;
}

/** Texts that wait, as the daemon's queue has them: a call of one text each. */
export class WaitingLine {
  readonly #options: LineOptions;
  #waiting: Text[] = [];
  #isRefusing = false;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get oldestMs(): number {
    const oldest = this.#waiting[0];
    return oldest ? this.#options.now() - oldest.enqueuedAtMs : 0;
  }

  get isRefusing(): boolean {
    return this.#isRefusing;
  }

  refuse(isRefusing: boolean): void {
    this.#isRefusing = isRefusing;
  }

  /** @returns whether it was admitted. */
  admit(text: Text): boolean {
    if (this.#isRefusing) return false;
    this.expire();
    if (this.#waiting.length >= this.#options.maxTexts) return false;
    this.#waiting.push(text);
    return true;
  }

  take(): Text[] {
    this.expire();
    const { now, batchLimits, batching } = this.#options;
    const picked = pickBatch(this.#waiting, now(), batchLimits(), batching);
    if (picked.length === 0) return [];
    const batch: Text[] = [];
    const left: Text[] = [];
    let next = 0;
    for (let index = 0; index < this.#waiting.length; index++) {
      const isPicked = index === picked[next];
      if (isPicked) next += 1;
      (isPicked ? batch : left).push(this.#waiting[index]!);
    }
    this.#waiting = left;
    return batch;
  }

  /** All that waits: nobody is going to take it. */
  failWaiting(): Text[] {
    return this.#waiting.splice(0);
  }

  /** Calls that are out of time leave; the oldest are in front. */
  expire(): void {
    const oldest = this.#waiting[0];
    if (!oldest) return;
    const from = this.#options.now() - this.#options.requestTimeoutMs;
    if (oldest.enqueuedAtMs > from) return;
    const kept = this.#waiting.findIndex(({ enqueuedAtMs }) => enqueuedAtMs > from);
    this.#options.onExpired(this.#waiting.splice(0, kept < 0 ? this.#waiting.length : kept));
  }
}

/** Tokens of the longest: what a batch is padded to. */
export function longestOf(batch: readonly Text[]): number {
  let longest = 0;
  for (const { tokens } of batch) longest = Math.max(longest, tokens);
  return longest;
}
