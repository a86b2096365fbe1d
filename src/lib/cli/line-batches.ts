export interface BatchLimits {
  readonly lines: number;
  /** UTF-16 units of all lines of a batch together; a longer line goes alone. */
  readonly units: number;
  /** UTF-16 units of a line that are kept; a longer line is cut to one more than that, which tells it. */
  readonly lineUnits: number;
}

/**
 * Batches of lines, each as soon as there is no more input at hand: a slow writer (`tail -f`) is answered line by line,
 * a fast one by full batches. Holds one chunk and one line at most.
 */
export async function* batchLines(
  chunks: AsyncIterable<string>,
  limits: BatchLimits,
): AsyncGenerator<readonly string[], void> {
  const splitter = new LineSplitter(limits.lineUnits);
  for await (const chunk of chunks) yield* split(splitter.push(chunk), limits);
  yield* split(splitter.end(), limits);
}

function* split(lines: readonly string[], limits: BatchLimits): Generator<readonly string[], void> {
  let batch: string[] = [];
  let units = 0;
  for (const line of lines) {
    if (batch.length === limits.lines || (batch.length > 0 && units + line.length > limits.units)) {
      yield batch;
      batch = [];
      units = 0;
    }
    batch.push(line);
    units += line.length;
  }
  if (batch.length > 0) yield batch;
}

/** Lines end with LF or CRLF; the last one may lack its end. */
class LineSplitter {
  readonly #keptUnits: number;
  #pending = "";

  constructor(keptUnits: number) {
    this.#keptUnits = keptUnits;
  }

  push(chunk: string): string[] {
    const pieces = chunk.split("\n");
    const last = pieces.pop() ?? "";
    const lines = pieces.map((piece) => {
      this.#append(piece);
      return this.#take();
    });
    this.#append(last);
    return lines;
  }

  end(): string[] {
    return this.#pending === "" ? [] : [this.#take()];
  }

  #append(piece: string): void {
    if (this.#pending.length > this.#keptUnits) return;
    this.#pending = (this.#pending + piece).slice(0, this.#keptUnits + 1);
  }

  #take(): string {
    const line = this.#pending;
    this.#pending = "";
    return line.endsWith("\r") ? line.slice(0, -1) : line;
  }
}
