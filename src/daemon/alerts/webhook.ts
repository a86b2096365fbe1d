import type { IncomingMessage } from "node:http";
import { messageOf } from "../../lib/errors.ts";
import type { Alert } from "../../lib/protocol/alerts.ts";
import { hangLimitMs } from "../../lib/slowness.ts";
import { thousandths } from "../../lib/thousandths.ts";

export type WebhookFormat = "json" | "slack";

export interface WebhookTarget {
  /** https, or http to this machine; never logged, its path is a password. */
  readonly url: string;
  readonly format: WebhookFormat;
}

export interface WebhookOptions {
  /** Asked before each post, since a reload may change it; null: nobody is told, and nothing waits. */
  readonly target: () => WebhookTarget | null;
  readonly onFailure: (reason: string, waiting: number) => void;
  /** Before each new try, in ms; as many tries as there are pauses, and one. */
  readonly pausesMs?: readonly number[];
  readonly timeoutMs?: number;
  /** From a round of tries that failed to the next one. */
  readonly roundMs?: number;
}

const MAX_WAITING = 100;
const TIMEOUT_MS = hangLimitMs(5000);
const ROUND_MS = 60_000;
const PAUSES_MS = [1000, 4000] as const;
/** Alerts that fire together are told together. */
const GROUP_MS = 500;
const RANK = { warning: 0, critical: 1, emergency: 2 } as const;

/**
 * Posts alerts, one post at a time: what comes meanwhile waits, at most 100, and goes out with the next one. Nothing
 * waits for it. A post is tried three times, and what could not be posted waits for the next round. A redirect is a
 * failure like any other.
 */
export class Webhook {
  readonly #options: Required<WebhookOptions>;
  #waiting: Alert[] = [];
  #dropped = 0;
  #lastError: string | null = null;
  #timer: NodeJS.Timeout | undefined;
  #posting = false;
  #closed = false;

  constructor(options: WebhookOptions) {
    this.#options = { pausesMs: PAUSES_MS, timeoutMs: TIMEOUT_MS, roundMs: ROUND_MS, ...options };
  }

  /** Null where nobody is told. */
  get state(): { readonly waiting: number; readonly dropped: number; readonly lastError: string | null } | null {
    if (this.#options.target() === null) return null;
    return { waiting: this.#waiting.length, dropped: this.#dropped, lastError: this.#lastError };
  }

  push(alert: Alert): void {
    if (this.#options.target() === null) return;
    this.#waiting.push(alert);
    this.#cut();
    this.#schedule(GROUP_MS);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #schedule(delayMs: number): void {
    if (this.#posting || this.#timer || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#flush();
    }, delayMs).unref();
  }

  async #flush(): Promise<void> {
    this.#posting = true;
    const group = this.#waiting;
    this.#waiting = [];
    const error = await this.#deliver(group);
    this.#lastError = error;
    if (error !== null) {
      this.#waiting.unshift(...group);
      this.#cut();
      this.#options.onFailure(error, this.#waiting.length);
    }
    this.#posting = false;
    if (this.#waiting.length > 0) this.#schedule(error === null ? GROUP_MS : this.#options.roundMs);
  }

  async #deliver(group: readonly Alert[]): Promise<string | null> {
    let error = await this.#try(group);
    for (const pauseMs of this.#options.pausesMs) {
      if (error === null || this.#closed) break;
      await new Promise((resolve) => setTimeout(resolve, pauseMs).unref());
      error = await this.#try(group);
    }
    return error;
  }

  /** Why it failed; null where it did not. */
  async #try(group: readonly Alert[]): Promise<string | null> {
    const target = this.#options.target();
    if (target === null) return null;
    try {
      const { statusCode = 0 } = await this.#post(target.url, JSON.stringify(bodyOf(group, target.format)));
      return statusCode >= 200 && statusCode < 300 ? null : `the receiver answered ${statusCode}`;
    } catch (thrown) {
      return messageOf(thrown);
    }
  }

  #post(url: string, body: string): Promise<IncomingMessage> {
    const { timeoutMs } = this.#options;
    // Not imported: node:http as an ES module loads undici, and most daemons have no webhook.
    const { request } = process.getBuiltinModule(url.startsWith("https:") ? "node:https" : "node:http");
    return new Promise((resolve, reject) => {
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
      const signal = AbortSignal.timeout(timeoutMs);
      const failed = (error: Error): void => {
        reject(signal.aborted ? new Error(`no answer within ${timeoutMs} ms`) : error);
      };
      request(url, { method: "POST", headers, signal, agent: false }, (response) => {
        resolve(response);
        // What it has to say beyond its status is not read.
        response.on("error", () => undefined).destroy();
      })
        .on("error", failed)
        .end(body);
    });
  }

  #cut(): void {
    const over = this.#waiting.length - MAX_WAITING;
    if (over <= 0) return;
    this.#waiting.splice(0, over);
    this.#dropped += over;
  }
}

/** The gravest of a group, with the others beside it; for Slack one text with a line for each. */
export function bodyOf(group: readonly Alert[], format: WebhookFormat): unknown {
  const gravestFirst = group.toSorted((a, b) => RANK[b.severity] - RANK[a.severity]);
  if (format === "slack") return { text: gravestFirst.map((alert) => slackLine(alert)).join("\n") };
  const [first, ...others] = gravestFirst;
  return others.length === 0 ? first : { ...first, others };
}

function slackLine({ alert, state, severity, host, summary, measured, threshold, help }: Alert): string {
  const figures = `${thousandths(measured)} of ${thousandths(threshold)}`;
  const head = `[${state === "firing" ? severity : "resolved"}] ${alert} on ${host}: ${summary} (${figures})`;
  return state === "firing" ? `${head} ${help}` : head;
}
