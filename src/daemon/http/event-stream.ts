import type { ServerResponse } from "node:http";
import type { EventListener } from "./services.ts";

export const EVENT_STREAM_HEADERS = { "content-type": "text/event-stream", "cache-control": "no-store" } as const;

/** A client that has not taken the rest of its stream by then is cut off: it must not hold up a daemon that stops. */
const END_LIMIT_MS = 1000;

/** The reply to one who listens; its head goes out with the first event, so that a refusal can still be a problem. */
export class EventStream implements EventListener {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
    // Of a connection that broke; its close tells all there is to know.
    response.on("error", () => undefined);
  }

  get behindBytes(): number {
    return this.#response.writableLength;
  }

  send(chunk: Buffer): void {
    if (!this.#response.headersSent) this.#response.writeHead(200, EVENT_STREAM_HEADERS);
    this.#response.write(chunk);
  }

  end(): void {
    const late = setTimeout(() => this.cut(), END_LIMIT_MS).unref();
    this.#response.end(() => clearTimeout(late));
  }

  cut(): void {
    this.#response.destroy();
  }

  onGone(callback: () => void): void {
    this.#response.once("close", callback);
  }
}
