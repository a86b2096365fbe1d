import { setTimeout as sleep } from "node:timers/promises";
import { CombotError } from "../errors.ts";
import type { ErrorCode } from "../error-table.ts";
import type { ClassifyReply, SeveralReply } from "../protocol/classify.ts";
import type { LineEntry } from "../render/classification.ts";
import { documentOf } from "./failure.ts";
import { hangLimitMs } from "../slowness.ts";

/** Failures of a text, or of the few texts of one call: the stream goes on. */
const FAILURES_OF_LINES: readonly ErrorCode[] = [
  "INVALID_TEXT",
  "POISON_TEXT",
  "INFERENCE_FAILED",
  "BODY_TOO_LARGE",
  "DEADLINE_EXCEEDED",
];

const QUEUE_FULL_WAIT_SECONDS = 1;
/** Whatever Retry-After says, the daemon is not asked more often. */
const SHORTEST_WAIT_MS = 50;
const STOPPING_WAIT_MS = 100;
/** As long as the client waits for a daemon that is not there. */
const STOPPING_LIMIT_MS = hangLimitMs(3000);

export interface LineClassifierOptions {
  /** One call of the API. */
  readonly call: (texts: readonly string[]) => Promise<ClassifyReply | SeveralReply>;
  /** UTF-16 units of a line; a longer one is not sent. */
  readonly lineUnits: number;
  readonly signal: AbortSignal;
}

/** Classifies a batch of lines such that a bad line costs nobody but itself. */
export class LineClassifier {
  readonly #options: LineClassifierOptions;

  constructor(options: LineClassifierOptions) {
    this.#options = options;
  }

  /**
   * One entry for each line, in their order. A call fails as a whole and names the text at fault, so it is made again
   * without that text.
   *
   * @throws {CombotError} what is the matter with the daemon rather than with a line.
   */
  async classify(lines: readonly string[]): Promise<readonly LineEntry[]> {
    const entries: (LineEntry | undefined)[] = lines.map((line) => this.#refuse(line));
    for (;;) {
      const open = lines
        .keys()
        .filter((index) => entries[index] === undefined)
        .toArray();
      if (open.length === 0) return entries.filter((entry) => entry !== undefined);
      const told = await this.#tell(open.map((index) => lines[index] ?? ""));
      for (const [position, entry] of told.entries()) entries[open[position] ?? 0] = entry;
    }
  }

  /** What the daemon would refuse for certain; it would cost the others of the batch a second call. */
  #refuse(line: string): LineEntry | undefined {
    if (line.trim() === "") return failed("INVALID_TEXT", "The line is empty.");
    if (line.includes("\0")) return failed("INVALID_TEXT", "The line holds a NUL.");
    const { lineUnits } = this.#options;
    return line.length > lineUnits
      ? failed("BODY_TOO_LARGE", `The line is longer than ${lineUnits} characters.`)
      : undefined;
  }

  /** An entry for each text, or for the one at fault alone. */
  async #tell(texts: readonly string[]): Promise<readonly (LineEntry | undefined)[]> {
    try {
      const { results } = await this.#patiently(texts);
      if (results.length === texts.length) return results;
      throw new CombotError("REPLY_INVALID", `${results.length} results for ${texts.length} texts`);
    } catch (thrown) {
      if (!(thrown instanceof CombotError) || !FAILURES_OF_LINES.includes(thrown.code)) throw thrown;
      const { index = -1 } = thrown;
      const entry = failed(thrown.code, thrown.message);
      const isOneOfThem = index in texts;
      return texts.map((_, position) => (position === index || !isOneOfThem ? entry : undefined));
    }
  }

  /** Waits out a full queue, and a token's rate, for as long as it takes, and a daemon that is stopping for 3 s. */
  async #patiently(texts: readonly string[]): Promise<ClassifyReply | SeveralReply> {
    const { call, signal } = this.#options;
    let stoppingSinceMs: number | undefined;
    for (;;) {
      try {
        return await call(texts);
      } catch (thrown) {
        const code = thrown instanceof CombotError ? thrown.code : undefined;
        if (code === "SHUTTING_DOWN") stoppingSinceMs ??= performance.now();
        const isStopping = stoppingSinceMs !== undefined && performance.now() - stoppingSinceMs < STOPPING_LIMIT_MS;
        if (!isFull(code) && !(code === "SHUTTING_DOWN" && isStopping)) throw thrown;
        await sleep(waitMs(thrown as CombotError), undefined, { signal });
      }
    }
  }
}

/** The queue's room, or what a token may ask in a minute. */
function isFull(code: ErrorCode | undefined): boolean {
  return code === "QUEUE_FULL" || code === "RATE_LIMITED";
}

function waitMs({ code, retryAfterSeconds = QUEUE_FULL_WAIT_SECONDS }: CombotError): number {
  return isFull(code) ? Math.max(retryAfterSeconds * 1000, SHORTEST_WAIT_MS) : STOPPING_WAIT_MS;
}

/** Without the index, which counts within a call that the user knows nothing of. */
function failed(code: ErrorCode, detail: string): LineEntry {
  return { error: documentOf(new CombotError(code, detail)) };
}
