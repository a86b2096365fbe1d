import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../../lib/errors.ts";
import { decision as decisionSchema } from "../../lib/protocol/decisions.ts";
import type { Decision, DecisionsQuery } from "../../lib/protocol/decisions.ts";
import type { JournalReport } from "../../lib/protocol/metrics.ts";
import { batchOf, EventBuffer } from "./buffer.ts";
import {
  alertEvent,
  answersEvent,
  decisionEvent,
  inboxEvent,
  minuteEvent,
  modelsEvent,
  momentEvent,
  textsEvent,
} from "./events.ts";
import type { CountedText, CountedUnsure, DecidedMinute, JournalEvent, ModelMinuteRow } from "./events.ts";
import type { KeptAlert, Minute, PackedMoment } from "./events.ts";
import type { Clocks } from "./clock-trust.ts";
import { Retention } from "./retention.ts";
import type { DecidedStretch, HistoryRow, InboxStore, KeptMoment, KeptText, Store, StoreFile } from "./store.ts";
import { NO_END, StoreFault } from "./store.ts";
import { hangLimitMs } from "../../lib/slowness.ts";

export interface JournalOptions {
  readonly store: Store;
  readonly retentionMs: number;
  /** Memory is at emergency: connections are given back behind each use. */
  readonly isFrugal: () => boolean;
  /** Told once when the store fails, and once when it is back. */
  readonly onState: (state: JournalState) => void;
  readonly clocks: Clocks;
  /** Told once when nothing is removed for its age any more, with why, and with null once it is again. */
  readonly onHold: (why: string | null) => void;
  /** Makes what tells one write from another; also after a restart. */
  readonly random: () => string;
}

export type JournalState = JournalReport;

const FLUSH_EVERY_MS = 500;
/** Between tries while the store is away. */
const LONGEST_PAUSE_MS = 5000;
const STOP_LIMIT_MS = hangLimitMs(5000);
/** Whoever reads just after the start waits so long for the store to be opened. */
const OPENING_LIMIT_MS = hangLimitMs(5000);
const DECISIONS_LISTED = 100;

/**
 * Keeps what happened. Whoever records never waits: events go to a buffer, and from there to the store every half
 * second, in the order they came; while the store is away they wait, and the oldest are given up when there are too many.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #buffer = new EventBuffer();
  readonly #retention: Retention;
  #state: JournalState["state"] = "opening";
  #reason: string | null = null;
  #written = 0;
  #pauseMs = FLUSH_EVERY_MS;
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  #stopped = false;
  /** Settles when the store has been opened, or could not be. */
  readonly #opened = Promise.withResolvers<void>();

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#retention = new Retention({ ...options, isUp: () => this.#state === "up" });
  }

  get state(): JournalState {
    const { kind: store, pool } = this.#options.store;
    const { waiting, dropped } = this.#buffer;
    const { held } = this.#retention;
    return { state: this.#state, store, reason: this.#reason, waiting, written: this.#written, dropped, held, pool };
  }

  decision(decision: Decision): void {
    this.#record(decisionEvent(decision));
  }

  alert(alert: KeptAlert): void {
    this.#record(alertEvent(alert));
  }

  minute(minute: Minute): void {
    this.#record(minuteEvent(minute));
  }

  moment(id: string, atMs: number, body: PackedMoment): void {
    this.#record(momentEvent(id, atMs, body));
  }

  texts(id: string, atMs: number, texts: readonly CountedText[]): void {
    if (texts.length > 0) this.#record(textsEvent(id, atMs, texts));
  }

  inbox(id: string, atMs: number, counted: readonly CountedUnsure[]): void {
    if (counted.length > 0) this.#record(inboxEvent(id, atMs, counted));
  }

  answers(id: string, atMs: number, minute: DecidedMinute): void {
    this.#record(answersEvent(id, atMs, minute));
  }

  models(id: string, atMs: number, rows: readonly ModelMinuteRow[]): void {
    if (rows.length > 0) this.#record(modelsEvent(id, atMs, rows));
  }

  /** Opens the store, and again whenever it failed. */
  start(): void {
    void this.#turn();
    this.#retention.start();
  }

  /** Writes what waits, for at most five seconds, and closes the store. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#retention.stop();
    const done = new AbortController();
    // Not unref'd: what waits for this must not depend on something else that keeps the loop alive.
    const late = delay(STOP_LIMIT_MS, undefined, { signal: done.signal }).catch(() => undefined);
    const written = this.#writeAll().then(() => this.#options.store.close());
    await Promise.race([written, late]).catch(() => undefined);
    done.abort();
  }

  /** The newest of those that are kept, oldest first. @throws {StoreFault} */
  async decisions({ since, until, limit = DECISIONS_LISTED }: DecisionsQuery): Promise<Decision[]> {
    const [sinceMs, untilMs] = [
      since === undefined ? 0 : Date.parse(since),
      until === undefined ? NO_END : Date.parse(until),
    ];
    const bodies = await (await this.#readable()).decisions(sinceMs, limit, untilMs);
    // A later release may have kept some of a kind that this one does not know.
    return bodies.flatMap((body) => decisionSchema.safeParse(body).data ?? []);
  }

  /** @throws {StoreFault} */
  async history(sinceMs: number, stepMs: number, untilMs = NO_END): Promise<HistoryRow[]> {
    return (await this.#readable()).history(sinceMs, stepMs, untilMs);
  }

  /** @throws {StoreFault} */
  async modelHistory(model: string, sinceMs: number, stepMs: number, untilMs = NO_END): Promise<HistoryRow[]> {
    return (await this.#readable()).modelHistory(model, sinceMs, stepMs, untilMs);
  }

  /** @throws {StoreFault} */
  async modelNames(sinceMs: number, untilMs = NO_END): Promise<string[]> {
    return (await this.#readable()).modelNames(sinceMs, untilMs);
  }

  /** @throws {StoreFault} */
  async moments(sinceMs: number, stepMs: number, untilMs: number): Promise<KeptMoment[]> {
    return (await this.#readable()).moments(sinceMs, stepMs, untilMs);
  }

  /** The first minute that is kept. @throws {StoreFault} */
  async oldestMs(): Promise<number | null> {
    return (await this.#readable()).oldestMs();
  }

  /** @throws {StoreFault} */
  async frequentTexts(limit: number): Promise<KeptText[]> {
    return (await this.#readable()).frequentTexts(limit);
  }

  /** What was decided from then on. @throws {StoreFault} */
  async answersSince(sinceMs: number, stepMs: number): Promise<DecidedStretch[]> {
    return (await this.#readable()).answers(sinceMs, stepMs);
  }

  /** What was recorded until now is in it. @throws {StoreFault} */
  async readInbox(): Promise<InboxStore> {
    const store = await this.#readable();
    await this.#flushing;
    await (this.#flushing ??= this.#flush().finally(() => (this.#flushing = undefined)));
    await this.#readable();
    return store.inbox;
  }

  /** The store's own file; null where the store is its owner's to back up. @throws {StoreFault} where it is not up. */
  async file(): Promise<StoreFile | null> {
    return this.#options.store.file && (await this.#readable()).file;
  }

  /** Gives back connections and memory; the next write takes what it needs again. */
  async release(): Promise<void> {
    await this.#options.store.release().catch(() => undefined);
  }

  #record(event: JournalEvent): void {
    if (this.#state !== "off") this.#buffer.add(event);
  }

  async #turn(): Promise<void> {
    this.#flushing ??= this.#flush().finally(() => (this.#flushing = undefined));
    await this.#flushing;
    if (this.#stopped || this.#state === "off") return;
    this.#timer = setTimeout(() => void this.#turn(), this.#pauseMs).unref();
  }

  async #flush(): Promise<void> {
    const { store, isFrugal } = this.#options;
    try {
      const wasUp = this.#state === "up";
      if (!wasUp) await store.open();
      const before = this.#written;
      await this.#drain();
      if (!wasUp) await this.#rise(this.#written > before);
      if (isFrugal()) await store.release();
      this.#pauseMs = FLUSH_EVERY_MS;
    } catch (error) {
      this.#failed(error);
    }
  }

  /** It is up once something was written: a store that opens may still take nothing. */
  async #rise(hasWritten: boolean): Promise<void> {
    const { store, random } = this.#options;
    if (!hasWritten) await store.probe(random());
    this.#set("up", null);
    void this.#retention.prune();
  }

  /** Until nothing waits. A batch that is refused is taken apart, until the event at fault stands alone and is given up. */
  async #drain(most?: number): Promise<void> {
    const { store, random } = this.#options;
    for (let events = this.#buffer.take(most); events.length > 0; events = this.#buffer.take(most)) {
      try {
        await store.write(batchOf(events), random());
        this.#written += this.#buffer.written();
      } catch (error) {
        if (!(error instanceof StoreFault) || error.kind !== "refused") throw error;
        if (events.length === 1) this.#buffer.refused();
        else if (most !== 1) await this.#drain(1);
      }
    }
  }

  async #writeAll(): Promise<void> {
    await this.#flushing;
    if (this.#state === "up" || this.#buffer.waiting > 0) await this.#flush();
  }

  #failed(error: unknown): void {
    const isNewer = error instanceof StoreFault && error.kind === "newer";
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
    // A defect in the store must not be taken for a disk that is full: its message says which it was.
    this.#set(isNewer ? "off" : "down", messageOf(error));
    if (isNewer) this.#buffer.clear();
  }

  #set(state: JournalState["state"], reason: string | null): void {
    const isNews = state !== this.#state && !(this.#state === "opening" && state === "up");
    this.#state = state;
    this.#reason = reason;
    this.#opened.resolve();
    if (isNews) this.#options.onState(this.state);
  }

  /** The store, where it is there: whoever reads is told at once that it is not. One that is being opened is waited for. */
  async #readable(): Promise<Store> {
    if (this.#state === "opening")
      await Promise.race([this.#opened.promise, delay(OPENING_LIMIT_MS, undefined, { ref: false })]);
    if (this.#state === "up") return this.#options.store;
    throw new StoreFault("away", this.#reason ?? "the journal is still being opened");
  }
}
