import { messageOf } from "../../lib/errors.ts";
import { newTiming } from "../../lib/protocol/call-timing.ts";
import type { ShadowReport } from "../../lib/protocol/shadow.ts";
import { inTheWay, mayReturn } from "../policy/shadow.ts";
import type { LiveTraffic } from "../policy/shadow.ts";
import type { Engine } from "./engine.ts";
import { ShadowTally } from "./shadow-tally.ts";

/** A text with what the live model has answered. */
export interface AnsweredText {
  readonly text: string;
  readonly textPair: string | undefined;
  readonly label: string;
  /** What the batch took that it was computed in; undefined where a cache had it. */
  readonly liveMs: number | undefined;
}

export interface ShadowRunOptions {
  /** The candidate's: nobody else asks it. */
  readonly engine: Engine;
  /** Of the texts. */
  readonly share: number;
  readonly traffic: () => LiveTraffic;
  /** Its process ends when nobody has asked for so long, and comes back with the next text; below 0: never. */
  readonly idleUnloadMs: () => number;
  /** Whether texts may be kept as examples. */
  readonly keepsTexts: () => boolean;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
  /** 0 to 1. */
  readonly random: () => number;
}

type Gone = "level" | "evicted";

/** Texts that wait until nobody is in the way; more are passed over. */
const MOST_BEHIND = 64;
const LOOK_EVERY_MS = 10;

/** One candidate behind live traffic: it answers a share of the texts after those who asked have their answers. */
export class ShadowRun {
  readonly engine: Engine;
  readonly tally = new ShadowTally();
  readonly #options: ShadowRunOptions;
  readonly #behind: AnsweredText[] = [];
  #isComparing = false;
  #isLooking = false;
  #hasEnded = false;
  /** Nobody asks: it has no process until somebody does. */
  #isAsleep = false;
  #leave = new AbortController();
  #gone: Gone = "evicted";
  #evictedAtMs: number | null = null;

  constructor(options: ShadowRunOptions) {
    this.#options = options;
    this.engine = options.engine;
  }

  /** It has a process. */
  get isLoaded(): boolean {
    return this.engine.pool.slots.some(({ workers }) => workers.size > 0);
  }

  get state(): Exclude<ShadowReport["state"], "ended"> {
    const { pool } = this.engine;
    if (pool.serving > 0) return "comparing";
    return pool.everServed || this.#evictedAtMs !== null ? "paused" : "loading";
  }

  /** What it waits for, where it does not compare. */
  get reason(): string | null {
    const { pool, doing } = this.engine;
    if (pool.serving > 0) return null;
    if (this.#isAsleep) return "nobody has asked for a while; it loads with the next text";
    const wanted = pool.slots.some((slot) => slot.wanted);
    if (!wanted && this.#evictedAtMs !== null) return "it made room, and comes back when there is enough";
    return pool.held ?? pool.awaitsRoom ?? pool.lastFailure ?? doing() ?? null;
  }

  /** Takes part of what was answered, and returns at once. */
  offer(answered: AnsweredText): void {
    const { random, share, traffic } = this.#options;
    if (this.#hasEnded || random() >= share) return;
    this.#isAsleep = false;
    if (this.engine.pool.serving === 0) return this.tally.skipped(traffic().level === "normal" ? "evicted" : "level");
    if (this.#behind.length >= MOST_BEHIND) return this.tally.skipped("busy");
    this.#behind.push(answered);
    // Whoever asked has the answer first.
    if (!this.#isLooking && !this.#isComparing) this.#lookAgain((look) => setImmediate(look));
  }

  /** To be called once a second: what was evicted comes back where there is room again. */
  reconsider(): void {
    const { pool, uses } = this.engine;
    const { traffic, now } = this.#options;
    if (this.#hasEnded || this.#isAsleep || traffic().level !== "normal") return;
    if (this.#isIdle) {
      this.#isAsleep = true;
      void pool.unload();
    } else if (pool.slots.some(({ wanted }) => wanted)) pool.reconsider();
    else if (mayReturn(this.#evictedAtMs, uses.loadTookMs, now())) pool.load(1);
  }

  get #isIdle(): boolean {
    const idleMs = this.#options.idleUnloadMs();
    const worker = this.engine.pool.slots[0]?.current;
    return idleMs >= 0 && this.#behind.length === 0 && worker?.idle === true && worker.quietMs >= idleMs;
  }

  /** Its process ends; resolves when it is gone. */
  async evict(why: Gone): Promise<void> {
    this.#evictedAtMs = this.#options.now();
    this.#drop(why);
    await this.engine.pool.unload(undefined, "memory");
  }

  /** For good. */
  async end(): Promise<void> {
    this.#hasEnded = true;
    this.#drop("evicted");
    await this.engine.pool.stop();
  }

  #drop(why: Gone): void {
    this.#gone = why;
    this.#leave.abort();
    this.#leave = new AbortController();
    for (const _ of this.#behind.splice(0)) this.tally.skipped(why);
  }

  #lookAgain(soon: (look: () => void) => unknown): void {
    this.#isLooking = true;
    soon(() => {
      this.#isLooking = false;
      this.#next();
    });
  }

  #next(): void {
    if (this.#isComparing || this.#behind.length === 0) return;
    const why = inTheWay(this.#options.traffic());
    if (why === "level") return this.#drop("level");
    if (why === "busy") return this.#lookAgain((look) => setTimeout(look, LOOK_EVERY_MS).unref());
    const next = this.#behind.shift();
    if (next) void this.#compare(next);
  }

  async #compare({ text, textPair, label, liveMs }: AnsweredText): Promise<void> {
    const { signal } = this.#leave;
    const timing = newTiming();
    this.#isComparing = true;
    try {
      const request = { text, ...(textPair !== undefined && { textPair }), noCache: true };
      const { results } = await this.engine.classifier.classify(request, () => signal, timing);
      const kept = this.#options.keepsTexts() ? text : undefined;
      const candidate = results[0]?.label ?? "";
      this.tally.compared({ live: label, candidate, liveMs, candidateMs: timing.computeMs, text: kept });
    } catch (error) {
      if (signal.aborted) this.tally.skipped(this.#gone);
      else this.tally.failed(messageOf(error));
    } finally {
      this.#isComparing = false;
      if (!this.#isLooking) this.#lookAgain((look) => setImmediate(look));
    }
  }
}
