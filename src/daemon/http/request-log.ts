import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "pino";
import { ERRORS } from "../../lib/error-table.ts";
import type { CallTiming } from "../../lib/protocol/call-timing.ts";
import type { CallRecorder } from "../../lib/protocol/traced-call.ts";
import { saysSampled, traceOf, traceStateOf } from "./trace.ts";
import { thousandths } from "../../lib/thousandths.ts";

/** As nginx has it, for a client that closed the connection before it had its reply. */
const CLIENT_GONE = ERRORS.CLIENT_GONE.http;

/** Which door a call came through. */
export type Via = "user" | "control" | "tcp";

export interface Logged {
  readonly requestId: string;
  /** The pattern, and never the path that was sent, which may hold anything. */
  readonly route: string;
  /** Undefined where nothing is classified. */
  readonly timing?: CallTiming | undefined;
  /** The name of the caller's token, known by the time the reply is there. */
  readonly token?: string | undefined;
}

/**
 * A line for each request: in the access log, where that is on, else at debug level. No path, no query, nothing of the
 * body, no token, and of the headers the request's id and the trace that it is part of.
 */
export class RequestLog {
  readonly #log: Pick<Logger, "debug" | "isLevelEnabled">;
  readonly #access: Pick<Logger, "info">;
  readonly #isAccessLogged: () => boolean;
  readonly #via: Via;
  readonly #recorder: CallRecorder | undefined;

  /**
   * @param isAccessLogged asked for each request.
   * @param recorder takes those whose caller records their trace; undefined where nobody wants them.
   */
  constructor(
    log: Pick<Logger, "debug" | "isLevelEnabled" | "child">,
    isAccessLogged: () => boolean,
    via: Via,
    recorder?: CallRecorder,
  ) {
    this.#log = log;
    // Whoever wants it wants it at any LOG_LEVEL.
    this.#access = log.child({}, { level: "info" });
    this.#isAccessLogged = isAccessLogged;
    this.#via = via;
    this.#recorder = recorder;
  }

  /** Somebody wants to know of each request. */
  get isOn(): boolean {
    return this.#isAccessLogged() || this.isDebug || this.#recorder !== undefined;
  }

  get isDebug(): boolean {
    return this.#log.isLevelEnabled("debug");
  }

  /** To be called when a request begins; what is `logged` is read when it is over. */
  follow(request: IncomingMessage, response: ServerResponse, logged: Logged): void {
    if (this.#recorder) this.#trace(request, response, logged, this.#recorder);
    if (!this.#isAccessLogged() && !this.isDebug) return;
    const startedAtMs = performance.now();
    response.once("close", () => {
      const durationMs = thousandths(performance.now() - startedAtMs);
      const isAnswered = response.writableFinished;
      const status = isAnswered ? response.statusCode : CLIENT_GONE;
      const { requestId, route } = logged;
      const line = { requestId, method: request.method, route, status, durationMs };
      if (this.#isAccessLogged()) this.#access.info({ ...line, ...this.#more(request, logged, status) }, "call");
      else this.#log.debug(line, isAnswered ? "request answered" : "client hung up");
    });
  }

  #trace(request: IncomingMessage, response: ServerResponse, logged: Logged, recorder: CallRecorder): void {
    const header = request.headers["traceparent"];
    // Under load most are dropped: of those no more is read than that they are to be counted.
    if (header === undefined || !saysSampled(header) || !recorder.admit()) return;
    const trace = traceOf(header);
    if (!trace) return;
    const startedAtMs = performance.now();
    const { requestId, timing } = logged;
    if (timing) timing.steps = {};
    const { traceId, parentId } = trace;
    const traceState = traceStateOf(request.headers["tracestate"]);
    response.once("close", () =>
      recorder.record({
        traceId,
        parentId,
        traceState,
        requestId,
        method: request.method ?? "",
        route: logged.route,
        status: response.writableFinished ? response.statusCode : CLIENT_GONE,
        via: this.#via,
        startedAtMs,
        endedAtMs: performance.now(),
        timing,
      }),
    );
  }

  #more({ headers }: IncomingMessage, { timing, token }: Logged, status: number): object {
    const trace = traceOf(headers["traceparent"]);
    return {
      via: this.#via,
      ...(token === undefined ? {} : { token }),
      ...(timing && status < 400 ? timesOf(timing) : {}),
      // Of one that its caller does not record nobody would find the rest.
      ...(trace?.isSampled ? { traceId: trace.traceId, parentId: trace.parentId } : {}),
    };
  }
}

function timesOf({ source, queueMs, computeMs }: CallTiming): object {
  return { cache: source, queueMs: thousandths(queueMs), computeMs: thousandths(computeMs) };
}
