import { randomBytes } from "node:crypto";
import type { Agent, IncomingMessage } from "node:http";
import { messageOf } from "../../lib/errors.ts";
import type { CallRecorder, TracedCall } from "../../lib/protocol/traced-call.ts";
import { attribute, spansOf } from "./spans.ts";
import type { Attribute } from "./spans.ts";

export interface ExporterOptions {
  readonly url: string;
  readonly version: string;
  /** Told once a minute at most, while it fails. */
  readonly onFailure: (reason: string) => void;
  readonly flushEveryMs?: number;
  readonly timeoutMs?: number;
  /** Before each new try of a post, in ms; as many tries as there are pauses, and one. */
  readonly pausesMs?: readonly number[];
}

export interface ExportCounts {
  /** Calls whose spans the collector took. */
  readonly exported: number;
  /** Calls whose spans were given up. */
  readonly dropped: number;
}

/** Calls that may wait, those of the post under way among them; some 300 bytes each. */
const MAX_WAITING = 1024;
/** Calls of one post: turned to JSON in a few ms, some 500 KB. */
const POST_CALLS = 256;
/** With POST_CALLS the most that is exported: 512 calls a second, whatever comes. */
const FLUSH_EVERY_MS = 500;
const TIMEOUT_MS = 5000;
const PAUSES_MS = [500, 2000] as const;
const TOLD_EVERY_MS = 60_000;
/** OTLP's list of what may be tried again (Failures, Retryable Response Codes). */
const RETRYABLE = [429, 502, 503, 504];
const LAST_POST_MS = 1000;

/**
 * Sends calls' spans to an OpenTelemetry collector, as OTLP/HTTP in JSON. One post at a time; what comes meanwhile waits,
 * and what there is no room for is dropped and counted. Nothing waits for it.
 */
export class Exporter implements CallRecorder {
  readonly #options: Required<ExporterOptions>;
  readonly #resource: readonly Attribute[];
  readonly #timer: NodeJS.Timeout;
  /** Keeps its connection from one post to the next. */
  readonly #agent: Agent;
  #waiting: TracedCall[] = [];
  /** Calls of the post under way. */
  #posting = 0;
  #exported = 0;
  #dropped = 0;
  #toldAtMs = -Infinity;
  #closed = false;

  constructor(options: ExporterOptions) {
    this.#options = { flushEveryMs: FLUSH_EVERY_MS, timeoutMs: TIMEOUT_MS, pausesMs: PAUSES_MS, ...options };
    this.#resource = [
      attribute("service.name", "combot"),
      attribute("service.version", options.version),
      attribute("service.instance.id", randomBytes(8).toString("hex")),
      attribute("process.pid", process.pid),
    ];
    this.#agent = new (httpOf(options.url).Agent)({ keepAlive: true, maxSockets: 1 });
    this.#timer = setInterval(() => void this.#flush(), this.#options.flushEveryMs).unref();
  }

  get counts(): ExportCounts {
    return { exported: this.#exported, dropped: this.#dropped };
  }

  admit(): boolean {
    const hasRoom = this.#waiting.length + this.#posting < MAX_WAITING && !this.#closed;
    if (!hasRoom) this.#dropped += 1;
    return hasRoom;
  }

  /** Dropped all the same where the room is gone by now. */
  record(call: TracedCall): void {
    if (this.admit()) this.#waiting.push(call);
  }

  /** What waits is posted once more, for a second at most. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closed = true;
    const calls = this.#waiting.splice(0);
    if (calls.length > 0) {
      const outcome = await this.#try(this.#documentOf(calls), LAST_POST_MS).catch(() => undefined);
      this.#count(calls.length, outcome?.isTaken ?? false, outcome?.rejected ?? 0);
    }
    this.#agent.destroy();
  }

  async #flush(): Promise<void> {
    if (this.#posting > 0 || this.#waiting.length === 0) return;
    const calls = this.#waiting.splice(0, POST_CALLS);
    this.#posting = calls.length;
    try {
      const { isTaken, rejected } = await this.#post(this.#documentOf(calls));
      this.#count(calls.length, isTaken, rejected);
    } catch (error) {
      // A call that can't be told of takes its company with it, and nobody else.
      this.#count(calls.length, false, 0);
      this.#tell(messageOf(error));
    } finally {
      this.#posting = 0;
    }
  }

  #documentOf(calls: readonly TracedCall[]): string {
    // Each time anew: the calendar's clock may have been set.
    const epochMs = Date.now() - performance.now();
    const ids = randomBytes(calls.length * 5 * 8).toString("hex");
    let at = 0;
    const newSpanId = (): string => {
      const id = ids.slice(at, at + 16);
      at += 16;
      return id;
    };
    const spans = calls.flatMap((call) => spansOf(call, epochMs, newSpanId));
    const scope = { name: "combot", version: this.#options.version };
    const resource = { attributes: this.#resource };
    return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope, spans }] }] });
  }

  async #post(body: string): Promise<Outcome> {
    const { pausesMs, timeoutMs } = this.#options;
    let outcome = await this.#tried(body, timeoutMs);
    for (const pauseMs of pausesMs) {
      if (!outcome.isWorthIt || this.#closed) break;
      const waitMs = Math.max(pauseMs, outcome.retryAfterMs);
      if (waitMs > timeoutMs) break;
      await new Promise((resolve) => setTimeout(resolve, waitMs).unref());
      outcome = await this.#tried(body, timeoutMs);
    }
    return outcome;
  }

  async #tried(body: string, timeoutMs: number): Promise<Outcome> {
    try {
      return await this.#try(body, timeoutMs);
    } catch (thrown) {
      this.#tell(messageOf(thrown));
      return { isTaken: false, rejected: 0, isWorthIt: true, retryAfterMs: 0 };
    }
  }

  #try(body: string, timeoutMs: number): Promise<Outcome> {
    const { url } = this.#options;
    return new Promise((resolve, reject) => {
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
      const signal = AbortSignal.timeout(timeoutMs);
      const failed = (error: Error): void => {
        reject(signal.aborted ? new Error(`the collector did not answer within ${timeoutMs} ms`) : error);
      };
      const asked = httpOf(url)
        .request(url, { method: "POST", headers, signal, agent: this.#agent }, (reply) => {
          readStart(reply).then((told) => resolve(this.#outcomeOf(reply, told)), failed);
        })
        .on("error", (error: NodeJS.ErrnoException) => {
          // The collector ended the connection while nothing was on it: a new one is no second try.
          const isStale = asked.reusedSocket && error.code === "ECONNRESET" && !signal.aborted;
          if (isStale) this.#try(body, timeoutMs).then(resolve, reject);
          else failed(error);
        })
        .end(body);
    });
  }

  #outcomeOf({ statusCode = 0, headers }: IncomingMessage, told: string): Outcome {
    const isTaken = statusCode >= 200 && statusCode < 300;
    if (!isTaken) this.#tell(`the collector answered ${statusCode}`);
    return {
      isTaken,
      rejected: isTaken ? rejectedOf(told) : 0,
      isWorthIt: RETRYABLE.includes(statusCode),
      retryAfterMs: Number(headers["retry-after"] ?? 0) * 1000 || 0,
    };
  }

  #count(calls: number, isTaken: boolean, rejectedSpans: number): void {
    // What is rejected are spans; a call has five at most.
    const rejected = Math.min(calls, Math.ceil(rejectedSpans / 5));
    this.#exported += isTaken ? calls - rejected : 0;
    this.#dropped += isTaken ? rejected : calls;
  }

  #tell(reason: string): void {
    const nowMs = performance.now();
    if (nowMs - this.#toldAtMs < TOLD_EVERY_MS) return;
    this.#toldAtMs = nowMs;
    this.#options.onFailure(reason);
  }
}

/** Not imported: node:http as an ES module loads undici. */
function httpOf(url: string) {
  return process.getBuiltinModule(url.startsWith("https:") ? "node:https" : "node:http");
}

interface Outcome {
  readonly isTaken: boolean;
  /** Spans that the collector did not want among those that it took. */
  readonly rejected: number;
  readonly isWorthIt: boolean;
  readonly retryAfterMs: number;
}

const LONGEST_REPLY = 16 * 1024;

/** As much of a reply as one of a collector's has. */
async function readStart(reply: IncomingMessage): Promise<string> {
  reply.setEncoding("utf8");
  let told = "";
  for await (const part of reply) {
    told += String(part);
    if (told.length > LONGEST_REPLY) break;
  }
  return told;
}

/** Of `partialSuccess` (OTLP, Partial Success). */
function rejectedOf(told: string): number {
  try {
    const { partialSuccess } = JSON.parse(told) as { partialSuccess?: { rejectedSpans?: string | number } };
    return Math.max(0, Number(partialSuccess?.rejectedSpans ?? 0) || 0);
  } catch {
    return 0;
  }
}
