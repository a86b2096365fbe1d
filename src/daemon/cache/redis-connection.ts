import { Breaker } from "./breaker.ts";
import type { BreakerState } from "./breaker.ts";
import { SLOW_MS } from "./breaker.ts";
import { withDeadline } from "./deadline.ts";
import type { Commands, RedisClient } from "./redis-client.ts";
import { RedisPresence } from "./redis-presence.ts";
import type { PresenceOptions, RedisState } from "./redis-presence.ts";
import { isRefusal, refusesAll, saysNotHere, tellable } from "./redis-refusals.ts";
import { PROBE_KEY, Renewal, tryWrite } from "./redis-renewal.ts";

export interface RedisConnectionOptions {
  /** Asks each time where Redis is and what its password is: both may have changed. */
  readonly open: () => Promise<RedisClient>;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
  /** For how long the event loop has had nothing to do, since the start, in ms. */
  readonly idleMs: () => number;
  /** As for `RedisPresence`; false by default. */
  readonly isAssumed?: boolean;
  readonly onTurn: PresenceOptions["onTurn"];
  /** Told when writes are refused while it answers, with why, and with null when they are taken again. */
  readonly onRefused?: (why: string | null) => void;
}

const PROBE_INTERVAL_MS = 1000;
/** A reply later than this is not waited for. */
const DEADLINE_MS = 40;
/** Where this process had work for so much of a call's time, a late answer is its own fault. */
const OWN_SHARE = 0.8;
/** Probes without an answer after which the connection is made anew: what waits on it would grow for ever. */
const LOST_PROBES = 5;
/** Probes between two that also read and write; while it refuses writes each one does. */
const PROBES_A_CHECK = 10;

/** When a call began. */
interface Begin {
  readonly atMs: number;
  readonly idleMs: number;
}

/** The one connection to Redis: times every call, keeps the breaker, and probes in the background. */
export class RedisConnection {
  readonly #options: RedisConnectionOptions;
  readonly #breaker: Breaker;
  readonly #renewal: Renewal;
  readonly #presence: RedisPresence;
  #client: RedisClient | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lostProbes = 0;
  #latencyMs: number | null = null;
  #connectedSince: Date | null = null;
  #refused: string | null = null;
  #probes = 0;
  #errors = 0;
  #closed = false;

  constructor(options: RedisConnectionOptions) {
    this.#options = options;
    this.#presence = new RedisPresence({ isAssumed: false, ...options });
    this.#breaker = new Breaker(options.now, (state) => this.#turned(state));
    this.#breaker.trip();
    this.#renewal = new Renewal({
      open: options.open,
      now: options.now,
      isUsable: () => this.isUsable,
      adopt: (client) => this.#replace(client),
      onFailure: (error) => this.#heard(error),
    });
  }

  /** Connects in the background. */
  start(): void {
    this.#timer = setInterval(() => void this.#probe(), PROBE_INTERVAL_MS).unref();
    void this.#open();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#client?.close();
  }

  /** A request may be sent. */
  get isUsable(): boolean {
    return this.#breaker.state === "closed" && this.#client !== undefined;
  }

  get state(): RedisState {
    return this.isUsable ? "up" : this.#presence.state;
  }

  get breaker(): BreakerState {
    return this.#breaker.state;
  }

  /** Of the last probe that was answered in time. */
  get latencyMs(): number | null {
    return this.#latencyMs;
  }

  get connectedSince(): Date | null {
    return this.#connectedSince;
  }

  get lastError(): string | null {
    return this.#presence.lastError;
  }

  /** Why writes are refused while reads may be answered; null while they are taken. */
  get refused(): string | null {
    return this.#refused;
  }

  /** Calls that failed, were refused or came too late, since the start. */
  get errors(): number {
    return this.#errors;
  }

  /** For slow work that no request waits for; undefined while Redis is away. */
  get client(): RedisClient | undefined {
    return this.isUsable ? this.#client : undefined;
  }

  /** @throws what the call throws; the breaker has counted it. */
  async run<T>(call: (commands: Commands) => Promise<T>, deadlineMs = DEADLINE_MS): Promise<T> {
    if (!this.#client) throw new Error("not connected");
    const begin = this.#begin();
    try {
      const result = await withDeadline(call(this.#client.commands), deadlineMs);
      this.#judge(begin, true);
      return result;
    } catch (error) {
      this.#note(error);
      // A refusal is an answer: this Redis is there, and in time. Only silence is a failure.
      this.#judge(begin, isRefusal(error));
      if (refusesAll(error)) this.#breaker.trip();
      if (saysNotHere(error)) this.#renewal.want();
      throw error;
    }
  }

  /** As `run`, for what changes something: a refusal of that is told. */
  async write<T>(call: (commands: Commands) => Promise<T>, deadlineMs = DEADLINE_MS): Promise<T> {
    try {
      const result = await this.run(call, deadlineMs);
      this.#turnedDown(null);
      return result;
    } catch (error) {
      if (isRefusal(error)) this.#turnedDown(tellable(error));
      throw error;
    }
  }

  #begin(): Begin {
    const { now, idleMs } = this.#options;
    return { atMs: now(), idleMs: idleMs() };
  }

  /** What is late because this process has no time to read it says nothing about Redis. */
  #judge(begin: Begin, isAnswered: boolean): void {
    const tookMs = this.#options.now() - begin.atMs;
    if (isAnswered && tookMs <= SLOW_MS) return this.#breaker.answered(tookMs);
    if (tookMs > SLOW_MS && this.#wasBusy(begin, tookMs)) return;
    this.#breaker.failed();
  }

  #wasBusy(begin: Begin, tookMs: number): boolean {
    return this.#options.idleMs() - begin.idleMs < tookMs * (1 - OWN_SHARE);
  }

  async #open(): Promise<void> {
    try {
      this.#adopt(await this.#options.open());
    } catch (error) {
      this.#heard(error);
    }
  }

  #adopt(client: RedisClient): void {
    if (this.#closed) return client.close();
    this.#client = client;
    const isCurrent = (): boolean => this.#client === client;
    client.onError((error) => {
      if (!isCurrent()) return;
      this.#heard(error);
      if (saysNotHere(error)) this.#renewal.want();
    });
    client.onReady(() => {
      if (isCurrent()) void this.#ready();
    });
    client.onClose(() => {
      if (isCurrent()) this.#lost();
    });
  }

  /** By one that is ready. */
  #replace(client: RedisClient): void {
    const old = this.#client;
    this.#adopt(client);
    old?.close();
    if (!this.#closed) void this.#ready();
  }

  async #ready(): Promise<void> {
    this.#lostProbes = 0;
    this.#probes = 0;
    await this.#probe();
  }

  #lost(): void {
    // An error has come before, where there was one: a server that is stopped in order just hangs up.
    if (this.isUsable) this.#heard(new Error("the server closed the connection"));
    this.#connectedSince = null;
    this.#latencyMs = null;
    this.#breaker.trip();
  }

  async #probe(): Promise<void> {
    const client = this.#client;
    if (!client?.isReady) return;
    const begin = this.#begin();
    try {
      const isTaken = await withDeadline(pinged(client.commands), DEADLINE_MS);
      const isCheck = this.#isCheckDue() || !isTaken;
      const tookMs = this.#options.now() - begin.atMs;
      this.#lostProbes = 0;
      this.#latencyMs = tookMs;
      // A server may answer PING and nothing else.
      if (isCheck) await withDeadline(client.commands.getAll([PROBE_KEY]), DEADLINE_MS);
      if (client !== this.#client) return;
      if (tookMs <= SLOW_MS || this.#wasBusy(begin, tookMs)) this.#breaker.probed();
      else this.#breaker.failed();
      if (isCheck) await this.#checkWrites(client);
    } catch (error) {
      this.#probeFailed(client, begin, error);
    }
  }

  #isCheckDue(): boolean {
    return this.#probes++ % PROBES_A_CHECK === 0 || this.#refused !== null || !this.isUsable;
  }

  #probeFailed(client: RedisClient, begin: Begin, error: unknown): void {
    this.#note(error);
    if (client !== this.#client) return;
    if (saysNotHere(error)) this.#renewal.want();
    if (isRefusal(error)) return this.#breaker.trip();
    this.#judge(begin, false);
    if (++this.#lostProbes % LOST_PROBES === 0) client.reconnect();
  }

  /** What is late says nothing: nobody waits for a write. */
  async #checkWrites(client: RedisClient): Promise<void> {
    try {
      await tryWrite(client);
      if (client === this.#client) this.#turnedDown(null);
    } catch (error) {
      if (client !== this.#client || !isRefusal(error)) return;
      this.#heard(error);
      this.#turnedDown(tellable(error));
      if (saysNotHere(error)) this.#renewal.want();
    }
  }

  #turnedDown(why: string | null): void {
    if (why === null) this.#renewal.settle();
    const isNews = (why === null) !== (this.#refused === null);
    this.#refused = why;
    if (isNews) this.#options.onRefused?.(why);
  }

  #note(error: unknown): void {
    this.#errors += 1;
    this.#heard(error);
  }

  #heard(error: unknown): void {
    this.#presence.heard(error);
  }

  #turned(state: BreakerState): void {
    if (state === "open") return this.#presence.went();
    this.#connectedSince ??= new Date();
    this.#presence.came();
  }
}

/** @returns false where it is refused by a server that may still be read: one that can't save to its disk takes no PING. */
async function pinged(commands: Commands): Promise<boolean> {
  try {
    await commands.ping();
    return true;
  } catch (error) {
    if (!isRefusal(error) || refusesAll(error)) throw error;
    return false;
  }
}
