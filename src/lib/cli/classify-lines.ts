import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { CombotError, systemCodeOf } from "../errors.ts";
import { jsonText } from "../harmless.ts";
import { type ClassifyReply, MAX_BODY_BYTES, type SeveralReply } from "../protocol/classify.ts";
import { isIncomplete, type LineEntry, renderEntry } from "../render/classification.ts";
import { inOrder } from "./in-order.ts";
import { batchLines } from "./line-batches.ts";
import { LineClassifier } from "./line-classifier.ts";

/** Enough for a worker's batch, few enough that the calls of others get in between. */
const BATCH_LINES = 64;
const CALLS_AT_ONCE = 4;
/** JSON writes one unit as six bytes at worst (\u0001), and a call has 1 MiB. */
const BATCH_UNITS = Math.floor((MAX_BODY_BYTES * 0.9) / 6);

export interface LineStream {
  readonly input: Readable;
  readonly output: Writable;
  /** One call of the API. */
  readonly call: (texts: readonly string[]) => Promise<ClassifyReply | SeveralReply>;
  /** Where several are asked: each line of input has a line of output for each of them. */
  readonly models?: readonly string[] | undefined;
  /** A line of JSON for each line, or a line of text. */
  readonly json: boolean;
  /** Lines that a call may have, at most. */
  readonly linesAtOnce?: number;
  readonly onLines?: (count: number) => void;
}

export interface LineCounts {
  readonly lines: number;
  readonly failed: number;
}

/**
 * A line out for each line in, in order, with a few batches in memory whatever the length of the input.
 *
 * @throws {CombotError} what is the matter with the daemon or the input; the lines before it have been written.
 */
export async function classifyLines(stream: LineStream): Promise<LineCounts> {
  const { input, output, call, json, models, linesAtOnce = BATCH_LINES, onLines } = stream;
  const stopped = new AbortController();
  const classifier = new LineClassifier({ call, lineUnits: MAX_BODY_BYTES, signal: stopped.signal });
  const limits = { lines: Math.min(BATCH_LINES, linesAtOnce), units: BATCH_UNITS, lineUnits: MAX_BODY_BYTES };
  const batches = batchLines(readText(input), limits);
  const counts = { lines: 0, failed: 0 };
  const write = async (entries: readonly LineEntry[]): Promise<void> => {
    counts.lines += entries.length;
    counts.failed += entries.filter(isIncomplete).length;
    onLines?.(entries.length);
    const text = entries.map((entry) => `${json ? jsonText(entry) : renderEntry(entry, models)}\n`).join("");
    if (!output.write(text)) await once(output, "drain");
  };
  const stop = (reason: unknown): void => {
    stopped.abort(reason);
    input.destroy(reason instanceof Error ? reason : undefined);
  };
  await inOrder(batches, CALLS_AT_ONCE, (lines) => classifier.classify(lines), write, stop);
  return counts;
}

/** Bytes that are not UTF-8 become U+FFFD. */
async function* readText(input: Readable): AsyncGenerator<string, void> {
  input.setEncoding("utf8");
  try {
    for await (const chunk of input) yield String(chunk);
  } catch (thrown) {
    const code = systemCodeOf(thrown);
    if (code === undefined || thrown instanceof CombotError) throw thrown;
    throw new CombotError("USAGE", `Standard input can't be read: ${code}.`, { cause: thrown });
  }
}
