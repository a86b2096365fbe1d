import { messageOf } from "../../lib/errors.ts";
import { Breaker } from "./breaker.ts";
import type { BreakerState } from "./breaker.ts";
import { SLOW_MS } from "./breaker.ts";
import { withDeadline } from "./deadline.ts";
import type { Commands, RedisClient } from "./redis-client.ts";

export interface RedisConnectionOptions {
  readonly open: () => Promise<RedisClient>;
  /** A clock that never goes back, in ms. */
  readonly now: () => number;
  /** For how long the event loop has had nothing to do, since the start, in ms. */
  readonly idleMs: () => number;
  /** Told when Redis comes or goes, with what was heard last. */
  readonly onTurn: (state: "up" | "down", detail: string) => void;
}

const PROBE_INTERVAL_MS = 1000;
/** A reply later than this is not waited for. */
const DEADLINE_MS = 40;
/** Where this process had work for so much of a call's time, a late answer is its own fault. */
const OWN_SHARE = 0.8;
/** Probes without an answer after which the connection is made anew: what waits on it would grow for ever. */
const LOST_PROBES = 5;
const LONGEST_ERROR = 200;

/** When a call began. */
interface Begin {
  readonly atMs: number;
  readonly idleMs: number;
}

/** The one connection to Redis: times every call, keeps the breaker, and probes in the background. */
export class RedisConnection {
  readonly #options: RedisConnectionOptions;
  readonly #breaker: Breaker;
  #client: RedisClient | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lostProbes = 0;
  #latencyMs: number | null = null;
  #connectedSince: Date | null = null;
  #lastError: string | null = null;
  #errors = 0;
  #closed = false;

  constructor(options: RedisConnectionOptions) {
    this.#options = options;
    this.#breaker = new Breaker(options.now, (state) => this.#turned(state));
    this.#breaker.trip();
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

  get state(): "up" | "down" {
    return this.isUsable ? "up" : "down";
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
    return this.#lastError;
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
      const client = await this.#options.open();
      this.#client = client;
      if (this.#closed) return client.close();
      client.onError((error) => this.#heard(error));
      client.onReady(() => void this.#ready());
      client.onClose(() => this.#lost());
    } catch (error) {
      this.#heard(error);
    }
  }

  async #ready(): Promise<void> {
    this.#lostProbes = 0;
    await this.#probe();
    if (this.isUsable) this.#connectedSince = new Date();
  }

  #lost(): void {
    this.#connectedSince = null;
    this.#latencyMs = null;
    this.#breaker.trip();
  }

  async #probe(): Promise<void> {
    const client = this.#client;
    if (!client?.isReady) return;
    const begin = this.#begin();
    try {
      await withDeadline(client.commands.ping(), DEADLINE_MS);
      const tookMs = this.#options.now() - begin.atMs;
      this.#lostProbes = 0;
      this.#latencyMs = tookMs;
      if (tookMs <= SLOW_MS || this.#wasBusy(begin, tookMs)) this.#breaker.probed();
      else this.#breaker.failed();
    } catch (error) {
      this.#note(error);
      this.#judge(begin, false);
      if (++this.#lostProbes % LOST_PROBES === 0) client.reconnect();
    }
  }

  #note(error: unknown): void {
    this.#errors += 1;
    this.#heard(error);
  }

  #heard(error: unknown): void {
    this.#lastError = tellable(error);
  }

  #turned(state: BreakerState): void {
    const { onTurn } = this.#options;
    if (state === "closed") onTurn("up", "");
    else onTurn("down", this.#lastError ?? "no connection yet");
  }
}

/** Redis said no. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === "ReplyError";
}

/** Without the arguments that some refusals repeat: they are keys. */
function tellable(error: unknown): string {
  return messageOf(error)
    .split(/, with args|\n/u)[0]!
    .slice(0, LONGEST_ERROR);
}
