import { rewriteLine } from "./guarded-streams.ts";

type Output = Pick<NodeJS.WriteStream, "write"> & { readonly isTTY?: boolean; readonly columns?: number };

const DEFAULT_COLUMNS = 80;
/** Where there is no terminal a line is told this often. */
const LOG_EVERY_MS = 10_000;

/** A line that is rewritten in place on a terminal, and told now and then elsewhere. */
export class LiveLine {
  readonly #output: Output;
  readonly #now: () => number;
  #told: { readonly text: string; readonly step: string; readonly atMs: number } | undefined;
  #isShown = false;

  /** @param now a clock that never goes back, in ms. */
  constructor(output: Output, now: () => number) {
    this.#output = output;
    this.#now = now;
  }

  /** @param step where there is no terminal, another one is told of at once, and nothing twice. */
  show(text: string, step = ""): void {
    if (this.#output.isTTY) {
      // A line that wraps could not be taken back.
      const width = (this.#output.columns || DEFAULT_COLUMNS) - 1;
      rewriteLine(this.#output, text.slice(0, width));
      this.#isShown = true;
      return;
    }
    const [told, atMs] = [this.#told, this.#now()];
    if (told?.text === text || (told?.step === step && atMs - told.atMs < LOG_EVERY_MS)) return;
    this.#told = { text, step, atMs };
    this.#output.write(`${text}\n`);
  }

  end(): void {
    if (this.#isShown) rewriteLine(this.#output);
    this.#isShown = false;
  }
}
