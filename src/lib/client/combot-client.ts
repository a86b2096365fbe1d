import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "../client.ts";
import type { BodyOf, Place } from "../client.ts";
import { socketsToAsk, socketSurroundings } from "../config/socket-path.ts";
import { CombotError } from "../errors.ts";
import type { ClassifyReply } from "../protocol/classify.ts";
import type { ReplyOf } from "../protocol/endpoints.ts";
import { isToken, remotePlace } from "./remote-place.ts";

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
  /** Of a daemon that listens on TCP, such as http://10.0.0.11:8181, or of a proxy before it; in the place of a socket. */
  readonly url?: string;
  /** For `url`; a function gives the one of the moment. */
  readonly token?: string | (() => string);
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

  /** @throws {CombotError} `USAGE` for a socket path, a URL or a token that is none; `SOCKET_UNSAFE`. */
  constructor(options: CombotClientOptions = {}) {
    super(placeOf(options));
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

function placeOf({ socket, url, token }: CombotClientOptions): Place {
  if (url === undefined) {
    if (token !== undefined) throw new CombotError("USAGE", "token: goes with url; a socket takes none.");
    return socketsToAsk(socketSurroundings(socket));
  }
  if (socket !== undefined) throw new CombotError("USAGE", "give either socket or url.");
  if (token === undefined) return remotePlace("url", url);
  return remotePlace("url", url, () => checked(typeof token === "function" ? token() : token));
}

/** Before it stands in a header. It is told nowhere. */
function checked(token: string): string {
  if (isToken(token)) return token;
  throw new CombotError("USAGE", "token: must be one token, of printable ASCII without blanks.");
}

/** Undefined where the daemon does not say that it is worth to come again. */
function pauseOf(thrown: unknown): number | undefined {
  const seconds = thrown instanceof CombotError ? thrown.retryAfterSeconds : undefined;
  return seconds === undefined ? undefined : seconds * 1000 * (1 + SPREAD * Math.random());
}
