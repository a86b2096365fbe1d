import { CombotError } from "../../lib/errors.ts";
import type { Alert } from "../../lib/protocol/alerts.ts";
import type { DaemonEvent, Sample } from "../../lib/protocol/events.ts";
import { KIB } from "../../lib/units.ts";
import type { Decisions } from "../governor/decisions.ts";

/** The connection of one who listens. */
export interface Listener {
  /** Bytes that wait in this process because the listener does not read. */
  readonly behindBytes: number;
  send(chunk: Buffer): void;
  /** In order: what was sent goes out first, within a moment. */
  end(): void;
  /** At once. */
  cut(): void;
  /** Calls back once, when the connection has gone for whatever reason. */
  onGone(callback: () => void): void;
}

export interface EventHubOptions {
  readonly decisions: Decisions;
  readonly sample: () => Promise<Sample>;
  readonly onFailure: (error: unknown) => void;
}

const MAX_LISTENERS = 16;
const MAX_BEHIND_BYTES = 64 * KIB;
const SAMPLE_EVERY_MS = 1000;
/** Until a client of the WHATWG's EventSource connects again. */
const RECONNECT_MS = 1000;
const RETRY_AFTER_SECONDS = 5;

/**
 * Tells all who listen what happens: a sample a second, and each decision at once. An event is made and written out
 * once for all of them, and nothing is sampled while nobody listens.
 */
export class EventHub {
  readonly #options: EventHubOptions;
  readonly #listeners = new Set<Listener>();
  #timer: NodeJS.Timeout | undefined;
  #sampling = false;
  #closed = false;

  constructor(options: EventHubOptions) {
    this.#options = options;
    options.decisions.addSink({ keep: (data) => this.#tell(() => ({ event: "decision", id: data.id, data })) });
  }

  /**
   * @param lastEventId of the last decision that the listener has heard of: it is sent those since then.
   * @throws {CombotError} `TOO_MANY_LISTENERS` or `SHUTTING_DOWN`, and then nothing was sent.
   */
  listen(listener: Listener, lastEventId: string | undefined): void {
    this.#refuse();
    this.#listeners.add(listener);
    listener.onGone(() => this.#forget(listener));
    listener.send(Buffer.from(`retry: ${RECONNECT_MS}\n${this.#position(lastEventId)}\n`));
    for (const data of this.#missed(lastEventId)) listener.send(textOf({ event: "decision", id: data.id, data }));
    this.#timer ??= this.#startSampling();
  }

  /** An alert that fired, that still fires, or that resolved. */
  tellAlert(data: Alert): void {
    this.#tell(() => ({ event: "alert", data }));
  }

  /** Ends every stream, and takes no listener any more. */
  close(): void {
    this.#closed = true;
    for (const listener of this.#listeners) {
      this.#forget(listener);
      listener.end();
    }
  }

  #refuse(): void {
    if (this.#closed) throw new CombotError("SHUTTING_DOWN", "the daemon is stopping", { retryAfterSeconds: 1 });
    if (this.#listeners.size < MAX_LISTENERS) return;
    const retry = { retryAfterSeconds: RETRY_AFTER_SECONDS };
    throw new CombotError("TOO_MANY_LISTENERS", `${MAX_LISTENERS} listen already`, retry);
  }

  /** Where the stream begins, so that who has seen no decision yet can still be sent those that it misses later. */
  #position(lastEventId: string | undefined): string {
    const newest = this.#options.decisions.list({ limit: 1 })[0];
    return lastEventId === undefined ? `id: ${newest?.id ?? "0"}\n` : "";
  }

  #missed(lastEventId: string | undefined) {
    return lastEventId === undefined ? [] : this.#options.decisions.after(lastEventId);
  }

  #startSampling(): NodeJS.Timeout {
    void this.#sample();
    return setInterval(() => void this.#sample(), SAMPLE_EVERY_MS);
  }

  async #sample(): Promise<void> {
    if (this.#sampling) return;
    this.#sampling = true;
    try {
      const data = await this.#options.sample();
      this.#tell(() => ({ event: "sample", data }));
    } catch (error) {
      this.#options.onFailure(error);
    } finally {
      this.#sampling = false;
    }
  }

  /** A listener that has fallen behind is cut: it may come again, and is sent the decisions it missed. */
  #tell(event: () => DaemonEvent): void {
    if (this.#listeners.size === 0) return;
    const chunk = textOf(event());
    for (const listener of this.#listeners) {
      if (listener.behindBytes > MAX_BEHIND_BYTES || !this.#send(listener, chunk)) {
        this.#forget(listener);
        listener.cut();
      }
    }
  }

  /** False where it can't be: the others are told all the same. */
  #send(listener: Listener, chunk: Buffer): boolean {
    try {
      listener.send(chunk);
      return true;
    } catch (error) {
      this.#options.onFailure(error);
      return false;
    }
  }

  #forget(listener: Listener): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

/** As https://html.spec.whatwg.org/multipage/server-sent-events.html has it; JSON is always one line. */
function textOf(event: DaemonEvent): Buffer {
  const id = event.event === "decision" ? `id: ${event.id}\n` : "";
  return Buffer.from(`event: ${event.event}\n${id}data: ${JSON.stringify(event.data)}\n\n`);
}
