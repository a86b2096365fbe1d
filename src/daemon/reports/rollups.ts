import { LATENCY_CLASSES } from "../../lib/protocol/latency-classes.ts";
import type { Sample } from "../../lib/protocol/events.ts";
import type { Governor } from "../governor/governor.ts";
import type { Clocks } from "../journal/clock-trust.ts";
import type { Minute } from "../journal/events.ts";
import type { Journal } from "../journal/journal.ts";
import type { TextCounter } from "../journal/text-counter.ts";
import type { MinuteCounts, MinuteTally } from "../metrics/minute.ts";
import { rankOf } from "../policy/level.ts";
import { packMoment } from "./moments.ts";

export interface RollupParts {
  readonly journal: Journal;
  readonly tally: MinuteTally;
  readonly texts: TextCounter;
  readonly governor: Pick<Governor, "level" | "sample">;
  /** Distinct users over the workers that run now. */
  readonly users: () => number;
  /** All that a monitor shows now; a failure is told by whoever gave it. */
  readonly sample: () => Promise<Sample | undefined>;
  /** Tells the rows of this run from those of others. */
  readonly runId: string;
  readonly clocks: Clocks;
}

const MINUTE_MS = 60_000;
const LOOK_EVERY_MS = 1000;

/** Tells the journal of each minute, and of the part of one when the daemon stops. */
export class Rollups {
  readonly #parts: RollupParts;
  /** The time of day tells which minute it was, and the other clock how long. */
  #started: { readonly wallMs: number; readonly monotonicMs: number };
  #rows = 0;
  #usage: number | null = null;
  #level = 0;
  #users = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: RollupParts) {
    this.#parts = parts;
    this.#started = this.#now();
  }

  start(): void {
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#record();
  }

  #now() {
    const { wall, monotonic } = this.#parts.clocks;
    return { wallMs: wall(), monotonicMs: monotonic() };
  }

  #look(): void {
    const { governor, users } = this.#parts;
    if (governor.sample) this.#usage = Math.max(this.#usage ?? 0, governor.sample.usage);
    this.#level = Math.max(this.#level, rankOf(governor.level));
    this.#users = Math.max(this.#users, users());
    // Also where the clock was set back: a minute then is a short one.
    if (minuteOf(this.#now().wallMs) !== minuteOf(this.#started.wallMs)) this.#endMinute();
  }

  /** How it all stands at the end of the minute is kept with it. */
  #endMinute(): void {
    const { journal, sample } = this.#parts;
    const atMs = minuteOf(this.#started.wallMs);
    const id = this.#record();
    void sample().then((seen) => seen && journal.moment(id, atMs, packMoment(seen)));
  }

  #record(): string {
    const { journal, tally, texts, runId } = this.#parts;
    const id = `${runId}-${(++this.#rows).toString(36).padStart(6, "0")}`;
    const now = this.#now();
    const atMs = minuteOf(this.#started.wallMs);
    const seen = {
      span_ms: Math.max(1, Math.round(now.monotonicMs - this.#started.monotonicMs)),
      users: this.#users,
      usage: this.#usage,
      level: this.#level,
    };
    journal.minute(minuteRow({ id, at_ms: atMs, ...seen }, tally.take()));
    journal.texts(`${id}t`, now.wallMs, texts.take());
    [this.#started, this.#usage, this.#level, this.#users] = [now, null, 0, 0];
    return id;
  }
}

function minuteRow(own: Minute, { latencies, ...counts }: MinuteCounts): Minute {
  const quantiles = LATENCY_CLASSES.flatMap((source) =>
    Object.entries(latencies[source]).map(([name, ms]) => [
      `${source}_${name}`,
      ms === null ? null : Number(ms.toPrecision(4)),
    ]),
  );
  return { ...own, ...counts, ...(Object.fromEntries(quantiles) as Record<string, number | null>) };
}

function minuteOf(atMs: number): number {
  return Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
}
