import { setTimeout as delay } from "node:timers/promises";
import { CombotError, messageOf } from "../../lib/errors.ts";
import type { ErrorCode } from "../../lib/error-table.ts";
import type { MemoryLevel } from "../../lib/protocol/memory-levels.ts";
import type { WarmEvent, WarmProgress } from "../../lib/protocol/warm.ts";
import { keptCount } from "../cache/answer.ts";
import type { AnswerCache } from "../cache/answer-cache.ts";
import type { TextKey } from "../cache/keys.ts";
import { answerOf } from "../classifier/scores.ts";
import { rankOf } from "../policy/level.ts";
import { checkText } from "../text/check.ts";
import type { Engine } from "../residency/engine.ts";

/** Whoever knows which texts are asked most. */
export interface FrequentTexts {
  /** The first asked most often. @throws {CombotError} where they can't be had. */
  frequent(limit: number): Promise<readonly string[]>;
}

export interface WarmerOptions {
  /** Of the model that serves now. */
  readonly engine: () => Engine;
  readonly cache: AnswerCache;
  readonly level: () => MemoryLevel;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
}

/** Texts of one turn: a live text never waits for more of ours than one worker has in one batch. */
const AT_ONCE = 4;
const LOOK_MS = 20;
const SHORTEST_PAUSE_MS = 5;
/** A text's own fault; anything else ends the warming. */
const FAULTS_OF_A_TEXT: readonly ErrorCode[] = ["INVALID_TEXT", "POISON_TEXT", "INFERENCE_FAILED", "DEADLINE_EXCEEDED"];

type Count = Exclude<keyof WarmProgress, "total" | "done">;

/**
 * Fills the cache before anybody asks. Live traffic comes first: a few texts at a time, only while none waits and a
 * worker is idle, and between them as long a pause as they took. Nothing live is put out of memory for it.
 */
export class Warmer {
  readonly #options: WarmerOptions;
  #running = false;

  constructor(options: WarmerOptions) {
    this.#options = options;
  }

  /**
   * @param signal aborted: it ends after the texts that are under way.
   * @throws {CombotError} `WARMING_RUNS` at once; nothing else is thrown, the last event says what came of it.
   */
  warm(texts: readonly string[], signal: AbortSignal): AsyncGenerator<WarmEvent, void> {
    if (this.#running) throw new CombotError("WARMING_RUNS", "another warming is under way", { retryAfterSeconds: 5 });
    this.#running = true;
    return this.#run(texts, signal);
  }

  async *#run(texts: readonly string[], signal: AbortSignal): AsyncGenerator<WarmEvent, void> {
    const { now } = this.#options;
    const from = now();
    const progress = { total: texts.length, done: 0, computed: 0, known: 0, skipped: 0, failed: 0 };
    let stopped: string | null = null;
    try {
      for (let at = 0; at < texts.length && stopped === null; at += AT_ONCE) {
        stopped = await this.#whenQuiet(signal);
        if (stopped !== null) break;
        const begun = now();
        const turn = texts.slice(at, at + AT_ONCE);
        const room = { left: this.#options.cache.room };
        const outcomes = await Promise.all(turn.map((text) => this.#warmOne(text, room, signal)));
        for (const outcome of outcomes) {
          if (outcome instanceof Error) stopped ??= messageOf(outcome);
          else progress[outcome] += 1;
        }
        progress.done += outcomes.filter((outcome) => !(outcome instanceof Error)).length;
        yield { event: "progress", data: { ...progress } };
        if (outcomes.includes("computed")) await pause(Math.max(SHORTEST_PAUSE_MS, now() - begun), signal);
      }
      yield { event: "done", data: { ...progress, stopped, durationMs: Math.round(now() - from) } };
    } finally {
      this.#running = false;
    }
  }

  /** @returns why there is to be no more. */
  async #whenQuiet(signal: AbortSignal): Promise<string | null> {
    for (;;) {
      if (signal.aborted) return "told to";
      const level = this.#options.level();
      if (rankOf(level) >= rankOf("warning")) return `memory is at ${level}`;
      const { queue, pool } = this.#options.engine();
      const isFree = pool.serving === 0 || pool.slots.some(({ current }) => current?.view().idle);
      if (queue.waiting === 0 && isFree) return null;
      await pause(LOOK_MS, signal);
    }
  }

  async #warmOne(raw: string, room: { left: number }, signal: AbortSignal): Promise<Count | Error> {
    const { cache } = this.#options;
    const engine = this.#options.engine();
    try {
      checkText(raw, 0);
      const text = engine.model.encoder.formOf(raw);
      const key = cache.keyOf(engine.model.digest.slice(0, 12), text);
      if (await cache.holds(key, engine.model.labels.length)) return "known";
      if (room.left <= 0) return "skipped";
      room.left -= 1;
      await this.#compute(engine, key, signal);
      return "computed";
    } catch (error) {
      if (error instanceof CombotError && FAULTS_OF_A_TEXT.includes(error.code))
        return signal.aborted ? error : "failed";
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  async #compute({ model, queue }: Engine, key: TextKey, signal: AbortSignal): Promise<void> {
    const encoded = await model.encoder.encode({ text: key.text });
    const keep = keptCount(model.labels.length);
    const { rows, workers } = await queue.submit([encoded], { signal, priority: "batch" });
    const row = rows[0];
    if (row) this.#options.cache.warm(key, answerOf(row, model, encoded.truncated, keep), workers[0]);
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal, ref: false }).catch(() => undefined);
}
