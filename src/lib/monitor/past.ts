import type { Client } from "../client.ts";
import { messageOf } from "../errors.ts";
import type { Decision } from "../protocol/decisions.ts";
import type { HistoryPoint } from "../protocol/history.ts";
import type { MomentReply } from "../protocol/moments.ts";
import { windowFor } from "./past-window.ts";
import { minuteOf } from "./past-time.ts";
import type { PastWindow } from "./past-window.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const ANSWER_MS = 10_000;
const MOST_DECISIONS = 1000;
const DECISIONS_BEFORE = 50;

/** What the journal says of one minute, and of the time around it. */
export interface Past {
  /** Where the minute begins that was asked for. */
  readonly atMs: number;
  readonly window: PastWindow;
  /** Undefined until it is read. */
  readonly moment: MomentReply | undefined;
  readonly points: readonly HistoryPoint[];
  /** Of the window, and the last ones before it; oldest first. */
  readonly decisions: readonly Decision[];
  /** Why it can't be read. */
  readonly fault: string | undefined;
}

export interface PastReaderOptions {
  readonly client: Pick<Client, "call">;
  /** The time of day, in ms. */
  readonly clock: () => number;
  readonly onNews: () => void;
}

interface Wanted {
  readonly atMs: number;
  readonly window: PastWindow;
}

interface Around {
  readonly window: PastWindow;
  readonly readAtMs: number;
  readonly points: readonly HistoryPoint[];
  readonly decisions: readonly Decision[];
}

/** Reads the past from the daemon: one moment at a time, the one wanted last next, however fast they are asked for. */
export class PastReader {
  readonly #options: PastReaderOptions;
  #wanted: Wanted | undefined;
  #moment: { readonly atMs: number; readonly reply: MomentReply } | undefined;
  #around: Around | undefined;
  #fault: string | undefined;
  #isReading = false;

  constructor(options: PastReaderOptions) {
    this.#options = options;
  }

  /** What is known of the moment that is wanted. */
  get past(): Past | undefined {
    if (!this.#wanted) return undefined;
    const { atMs, window } = this.#wanted;
    const isHere = this.#moment?.atMs === atMs;
    const { points = [], decisions = [] } = this.#around ?? {};
    return { atMs, window, moment: isHere ? this.#moment?.reply : undefined, points, decisions, fault: this.#fault };
  }

  /** The first minute that is kept, as far as that is known. */
  get oldestMs(): number | null {
    const oldest = this.#moment?.reply.oldest;
    return oldest === undefined || oldest === null ? null : Date.parse(oldest);
  }

  want(atMs: number, spanMs: number): void {
    const window = windowFor(atMs, spanMs, this.#options.clock(), this.#wanted?.window);
    if (this.#wanted?.atMs === atMs && this.#wanted.window === window) return;
    this.#wanted = { atMs, window };
    void this.#read();
  }

  forget(): void {
    this.#wanted = undefined;
    this.#fault = undefined;
  }

  /** Where the next decision is, or the one before; undefined where there is none. @throws {CombotError} */
  async decisionBeside(atMs: number, way: "next" | "previous"): Promise<number | undefined> {
    // The daemon tells the newest of a stretch: after a busy day the first of them all may not be among those.
    const stretches =
      way === "previous"
        ? [{ until: isoOf(atMs), limit: "1" }]
        : [HOUR_MS, 24 * HOUR_MS, Infinity].map((spanMs) => ({
            since: isoOf(atMs + MINUTE_MS - 1),
            ...(spanMs < Infinity && { until: isoOf(atMs + spanMs) }),
            limit: String(MOST_DECISIONS),
          }));
    for (const query of stretches) {
      const { decisions } = await this.#options.client.call("decisions", { query, timeoutMs: ANSWER_MS });
      const [found] = decisions;
      if (found) return minuteOf(Date.parse(found.at));
    }
    return undefined;
  }

  async #read(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    let done: Wanted | undefined;
    while (this.#wanted !== undefined && this.#wanted !== done) {
      done = this.#wanted;
      await this.#readOne(done.atMs, done.window);
      this.#options.onNews();
    }
    this.#isReading = false;
  }

  async #readOne(atMs: number, window: PastWindow): Promise<void> {
    const { client } = this.#options;
    try {
      const [reply, around] = await Promise.all([
        client.call("moment", { query: { at: isoOf(atMs) }, timeoutMs: ANSWER_MS }),
        this.#isKnown(window) ? this.#around : this.#readAround(window),
      ]);
      this.#moment = { atMs, reply };
      this.#around = around;
      this.#fault = undefined;
    } catch (thrown) {
      this.#fault = messageOf(thrown);
    }
  }

  /** What reaches to now has more in it a minute later. */
  #isKnown({ fromMs, untilMs }: PastWindow): boolean {
    const known = this.#around;
    if (!known || known.window.fromMs !== fromMs || known.window.untilMs !== untilMs) return false;
    return known.readAtMs > untilMs + MINUTE_MS || this.#options.clock() - known.readAtMs < MINUTE_MS;
  }

  async #readAround(window: PastWindow): Promise<Around> {
    const { client, clock } = this.#options;
    const span = { since: isoOf(window.fromMs - 1), until: isoOf(window.untilMs) };
    const [{ points }, within, before] = await Promise.all([
      client.call("metricsHistory", { query: { ...span, step: String(window.stepMs / 1000) }, timeoutMs: ANSWER_MS }),
      client.call("decisions", { query: { ...span, limit: String(MOST_DECISIONS) }, timeoutMs: ANSWER_MS }),
      // Where the time line has none, those are wanted that led to how it stands.
      client.call("decisions", {
        query: { until: isoOf(window.fromMs), limit: String(DECISIONS_BEFORE) },
        timeoutMs: ANSWER_MS,
      }),
    ]);
    return { window, readAtMs: clock(), points, decisions: [...before.decisions, ...within.decisions] };
  }
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
