import { LATENCY_CLASSES } from "../../lib/protocol/latency-classes.ts";
import type { Sample } from "../../lib/protocol/events.ts";
import type { Governor } from "../governor/governor.ts";
import type { Clocks } from "../journal/clock-trust.ts";
import type { CountedText, CountedUnsure, Minute } from "../journal/events.ts";
import type { Journal } from "../journal/journal.ts";
import type { TextCounter } from "../journal/text-counter.ts";
import type { InboxCounter } from "../journal/inbox-counter.ts";
import type { AnswerTally } from "../metrics/answer-tally.ts";
import type { MinuteCounts, MinuteTally } from "../metrics/minute.ts";
import { rankOf } from "../policy/level.ts";
import type { ModelMinutes } from "./model-minutes.ts";
import { packMoment } from "./moments.ts";

export interface RollupParts {
  readonly journal: Journal;
  readonly tally: MinuteTally;
  readonly texts: TextCounter;
  readonly inbox: InboxCounter;
  readonly answers: AnswerTally;
  readonly models: Pick<ModelMinutes, "look" | "take">;
  /** What decides of this model's answers now; undefined where it does not serve any more. */
  readonly basisOf: (model: string) => string | undefined;
  readonly governor: Pick<Governor, "level" | "sample">;
  /** Distinct users over the workers that run now. */
  readonly users: () => number;
  /** All that a monitor shows now; a failure is told by whoever gave it. */
  readonly sample: () => Promise<Sample | undefined>;
  /** Of what nobody waits for. */
  readonly onFailure: (error: unknown) => void;
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
  #counted: Promise<void> = Promise.resolve();

  constructor(parts: RollupParts) {
    this.#parts = parts;
    this.#started = this.#now();
  }

  start(): void {
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#record();
    await this.#counted;
  }

  /** The texts of until now are with the journal, for whoever looks at them or has them forgotten. */
  async tellTexts(): Promise<void> {
    this.#recordCounted(this.#nextId());
    await this.#counted;
  }

  #now() {
    const { wall, monotonic } = this.#parts.clocks;
    return { wallMs: wall(), monotonicMs: monotonic() };
  }

  #look(): void {
    const { governor, users, models } = this.#parts;
    models.look();
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
    const { journal, tally, models } = this.#parts;
    const id = this.#nextId();
    const now = this.#now();
    const atMs = minuteOf(this.#started.wallMs);
    const seen = {
      span_ms: Math.max(1, Math.round(now.monotonicMs - this.#started.monotonicMs)),
      users: this.#users,
      usage: this.#usage,
      level: this.#level,
    };
    journal.minute(minuteRow({ id, at_ms: atMs, ...seen, ...this.#decided(id, atMs) }, tally.take()));
    journal.models(id, atMs, models.take());
    this.#recordCounted(id);
    [this.#started, this.#usage, this.#level, this.#users] = [now, null, 0, 0];
    return id;
  }

  #nextId(): string {
    return `${this.#parts.runId}-${(++this.#rows).toString(36).padStart(6, "0")}`;
  }

  /** Each model's by itself, for what is usual for it; all together for whoever looks at the minute. */
  #decided(id: string, atMs: number): { readonly decided: number; readonly unsure: number } {
    const { journal, answers, basisOf } = this.#parts;
    let [decided, unsure] = [0, 0];
    for (const [at, one] of answers.take().entries()) {
      decided += one.decided;
      unsure += one.unsure;
      const basis = one.decided > 0 ? basisOf(one.model) : undefined;
      if (basis !== undefined) journal.answers(`${id}d${at}`, atMs, { ...one, basis });
    }
    return { decided, unsure };
  }

  /** In turns of its own, one behind the other: texts are masked on their way. */
  #recordCounted(id: string): void {
    const { texts, inbox, clocks } = this.#parts;
    this.#counted = this.#tell(this.#counted, id, clocks.wall(), inbox.take(), texts.take());
  }

  async #tell(
    before: Promise<void>,
    id: string,
    wallMs: number,
    unsure: Promise<readonly CountedUnsure[]>,
    asked: Promise<readonly CountedText[]>,
  ): Promise<void> {
    const { journal, onFailure } = this.#parts;
    await before;
    try {
      journal.inbox(`${id}i`, wallMs, await unsure);
      journal.texts(`${id}t`, wallMs, await asked);
    } catch (error) {
      onFailure(error);
    }
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
