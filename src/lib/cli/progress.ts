import { rewriteLine } from "./guarded-streams.ts";

/** Work that is over sooner shows nothing. */
const QUIET_MS = 1000;
const EVERY_MS = 250;

/** A line on stderr that counts, rewritten in place; taken away when the work is over. */
export class Progress {
  readonly #stream: Pick<NodeJS.WriteStream, "write">;
  readonly #unit: string;
  readonly #startedAtMs = performance.now();
  readonly #timer: NodeJS.Timeout;
  #count = 0;
  #isShown = false;

  constructor(stream: Pick<NodeJS.WriteStream, "write">, unit: string) {
    this.#stream = stream;
    this.#unit = unit;
    this.#timer = setInterval(() => this.#show(), EVERY_MS).unref();
  }

  add(count: number): void {
    this.#count += count;
  }

  end(): void {
    clearInterval(this.#timer);
    if (this.#isShown) rewriteLine(this.#stream);
  }

  #show(): void {
    const elapsedMs = performance.now() - this.#startedAtMs;
    if (elapsedMs < QUIET_MS) return;
    const perSecond = Math.round((this.#count * 1000) / elapsedMs);
    const [count, rate] = [this.#count, perSecond].map((figure) => figure.toLocaleString("en"));
    rewriteLine(this.#stream, `${count} ${this.#unit}, ${rate}/s`);
    this.#isShown = true;
  }
}
