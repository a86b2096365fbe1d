import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "../client.ts";
import type { BodyOf } from "../client.ts";
import { socketsToAsk, socketSurroundings } from "../config/socket-path.ts";
import { CombotError } from "../errors.ts";
import type { ClassifyReply } from "../protocol/classify.ts";
import type { ReplyOf } from "../protocol/endpoints.ts";

// What `import … from "combot/client"` gives.
export { CombotError };
export type { BodyOf, CallOptions, ParamsOf, QueryOf } from "../client.ts";
export type { ErrorCode } from "../error-table.ts";
export type { ClassifyItem, ClassifyReply, ClassifyResult, LabelScore } from "../protocol/classify.ts";
export type { CallName, ProgressName, ReplyOf } from "../protocol/endpoints.ts";
export type { DaemonEvent } from "../protocol/events.ts";
export type { Health } from "../protocol/health.ts";

/** Of one model; several are asked by `call("classify", …)`. */
export type ClassifyCall = Omit<BodyOf<"classify">, "models" | "partial">;

export interface CombotClientOptions {
  /** The daemon's user socket; by default the one that the command line finds, COMBOT_SOCKET first. */
  readonly socket?: string;
  /** What a call may take, waiting and trying again included; 30 s by default. */
  readonly timeoutMs?: number;
  /** How many times a call that is sent away with Retry-After comes again; 2 by default. */
  readonly retries?: number;
  /** How long a daemon that is not there is waited for; 5 s by default. */
  readonly restartWaitMs?: number;
}

export interface AskOptions {
  readonly signal?: AbortSignal;
  /** In the place of the client's own. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 30_000;
const RETRIES = 2;
const RESTART_WAIT_MS = 5000;
/** Those who were sent away together shall not come back together. */
const SPREAD = 0.25;

/**
 * The daemon's API, typed and checked: `classify` and `health`, and by `call`, `events` and `follow` all the rest. One for
 * a process; it keeps its connections, which do not keep the process.
 */
export class CombotClient extends Client {
  readonly #timeoutMs: number;
  readonly #retries: number;
  readonly #restartWaitMs: number;

  /** @throws {CombotError} `USAGE` for a socket path that is none; `SOCKET_UNSAFE`. */
  constructor(options: CombotClientOptions = {}) {
    super(socketsToAsk(socketSurroundings(options.socket)));
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#retries = options.retries ?? RETRIES;
    this.#restartWaitMs = options.restartWaitMs ?? RESTART_WAIT_MS;
  }

  /**
   * Classifies one text, or up to 256: all of them are answered, or none.
   *
   * @throws {CombotError} the problem of the reply; `DAEMON_UNREACHABLE`; `DEADLINE_EXCEEDED`; `REPLY_INVALID`.
   */
  async classify(body: ClassifyCall, { signal, timeoutMs = this.#timeoutMs }: AskOptions = {}): Promise<ClassifyReply> {
    const until = performance.now() + timeoutMs;
    for (let left = this.#retries; ; left--) {
      try {
        return await this.call("classify", {
          body,
          signal,
          timeoutMs: Math.max(1, Math.ceil(until - performance.now())),
          absenceMs: this.#restartWaitMs,
        });
      } catch (thrown) {
        const pauseMs = pauseOf(thrown);
        if (pauseMs === undefined || left <= 0 || performance.now() + pauseMs >= until) throw thrown;
        await sleep(pauseMs, undefined, signal ? { signal } : {});
      }
    }
  }

  /** How the daemon is. One that is unhealthy is told, and not thrown. */
  health({ signal, timeoutMs = this.#timeoutMs }: AskOptions = {}): Promise<ReplyOf<"health">> {
    return this.call("health", { signal, timeoutMs, absenceMs: 0 });
  }
}

/** Undefined where the daemon does not say that it is worth to come again. */
function pauseOf(thrown: unknown): number | undefined {
  const seconds = thrown instanceof CombotError ? thrown.retryAfterSeconds : undefined;
  return seconds === undefined ? undefined : seconds * 1000 * (1 + SPREAD * Math.random());
}
