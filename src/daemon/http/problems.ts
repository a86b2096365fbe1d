import type { Logger } from "pino";
import { CombotError, systemCodeOf } from "../../lib/errors.ts";
import { ERRORS } from "../../lib/error-table.ts";
import type { ErrorCode } from "../../lib/error-table.ts";
import { PROBLEM_TYPE, problemOf } from "../../lib/protocol/problem.ts";
import type { Admission } from "./door.ts";

export interface ProblemReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes, because Fastify adds a charset to a string, and RFC 9457 has none for this type. */
  readonly body: Buffer;
}

export interface ProblemContext {
  readonly log: Pick<Logger, "error">;
  readonly method: string;
  readonly route: string;
  readonly requestId: string;
}

/** Faults that Fastify finds before a route is reached. */
const FRAMEWORK_FAULTS: Readonly<Record<string, readonly [code: ErrorCode, detail: string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ["BODY_TOO_LARGE", "body: more than 1 MiB"],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ["UNSUPPORTED_MEDIA_TYPE", "body: only application/json is taken"],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ["INVALID_REQUEST", "body: not as long as Content-Length says"],
  FST_ERR_BAD_URL: ["INVALID_REQUEST", "path: a percent sign that encodes nothing"],
  FST_ERR_MAX_PARAM_LENGTH: ["NOT_FOUND", "path: a part of it is longer than any that exists"],
  /** Nobody will read this one. */
  ECONNRESET: ["CLIENT_GONE", "body: the connection broke before its end"],
};

/** The reply for whatever was thrown. A defect is logged here, and the caller learns no more than that it is one. */
export function problemFor(thrown: unknown, context: ProblemContext): ProblemReply {
  return problemReply(failureOf(thrown, context), { requestId: context.requestId });
}

/** What was thrown, as it may be told; a defect is logged. */
export function failureOf(thrown: unknown, context: ProblemContext): CombotError {
  const error = thrown instanceof CombotError ? thrown : knownFault(thrown);
  if (error) return error;
  logDefect(thrown, context);
  return new CombotError("INTERNAL", "The request met a defect; the daemon's log has it.");
}

export interface ProblemOptions {
  /** For a fault that HTTP has a status of its own for. */
  readonly status?: number;
  /** Of the request, or one made for what is none. */
  readonly requestId?: string;
}

export function problemReply(error: CombotError, options: ProblemOptions = {}): ProblemReply {
  const { status = ERRORS[error.code].http, requestId } = options;
  const named = requestId === undefined ? {} : { requestId };
  const body = Buffer.from(JSON.stringify({ ...problemOf(error), status, ...named }));
  const retryAfter = error.retryAfterSeconds;
  return {
    status,
    headers: {
      "content-type": PROBLEM_TYPE,
      ...(requestId === undefined ? {} : { "x-request-id": requestId }),
      ...(retryAfter === undefined ? {} : { "retry-after": String(Math.max(1, Math.ceil(retryAfter))) }),
      ...(error instanceof MethodNotAllowed ? { allow: error.allow } : {}),
      ...(error instanceof CodingRefused ? { "accept-encoding": "identity" } : {}),
      ...(error instanceof Unauthorized || error instanceof InsufficientScope
        ? { "www-authenticate": error.challenge }
        : {}),
    },
    body,
  };
}

/** A path that takes other methods than this one. */
export class MethodNotAllowed extends CombotError {
  /** For the Allow header. */
  readonly allow: string;
  constructor(methods: readonly string[]) {
    const allow = methods.join(", ");
    super("METHOD_NOT_ALLOWED", `method: this path takes ${allow}`);
    this.allow = allow;
  }
}

/** A body that is compressed: what comes out of one can be a thousand times as much. */
export class CodingRefused extends CombotError {
  constructor() {
    super("UNSUPPORTED_MEDIA_TYPE", "content-encoding: bodies are taken as they are, compressed by nothing");
  }
}

/** A call that takes a token, and came without one or with a wrong one. */
export class Unauthorized extends CombotError {
  /** For the WWW-Authenticate header (RFC 6750, 3). */
  readonly challenge: string;
  constructor(detail: string, fault?: "invalid_token") {
    super("UNAUTHORIZED", detail);
    this.challenge = `Bearer realm="combot"${fault === undefined ? "" : `, error="${fault}"`}`;
  }
}

/** A call that a token of this scope is not for. */
export class InsufficientScope extends CombotError {
  readonly challenge = `Bearer realm="combot", error="insufficient_scope"`;
  constructor({ token, caller }: Admission) {
    super("TOKEN_SCOPE", `token ${token}: its scope is ${caller}, and this call takes classify or control`);
  }
}

function knownFault(thrown: unknown): CombotError | undefined {
  const [code, detail] = FRAMEWORK_FAULTS[systemCodeOf(thrown) ?? ""] ?? [];
  return code && detail ? new CombotError(code, detail) : undefined;
}

function logDefect(thrown: unknown, { log, method, route, requestId }: ProblemContext): void {
  log.error({ requestId, method, route, error: traceOf(thrown) }, "defect in a request");
}

/**
 * Where it was thrown, without its message: messages of V8 (JSON.parse) and of many libraries quote what they were
 * given, which may be a user's text.
 */
function traceOf(thrown: unknown): { name: string; code?: string; frames: string[] } {
  if (!(thrown instanceof Error)) return { name: typeof thrown, frames: [] };
  const { name, message, stack = "" } = thrown;
  const code = systemCodeOf(thrown);
  // A message may have lines that look like frames, so the frames begin where it ends.
  const [, ...afterMessage] = message ? stack.split(message) : ["", stack];
  const frames = afterMessage
    .join(message)
    .split("\n")
    .map((line) => line.trim());
  return { name, ...(code === undefined ? {} : { code }), frames: frames.filter((line) => line.startsWith("at ")) };
}
