import { KIB, MIB } from "../../lib/units.ts";
import type { LogPort } from "./port.ts";

/** Of lines that wait to be written; what comes then is dropped. */
const MAX_WAITING_BYTES = MIB;
const CHUNK_BYTES = 64 * KIB;
/** After one that took nothing, and after one that took something: a slow reader is there. */
const RETRY_MS = 100;
const SOON_MS = 10;

/**
 * The last step of the log: it never throws and never waits, whatever the disk or the reader does, because what logs is
 * in the middle of something else. What can't be written waits in memory, what has no room there is dropped and counted,
 * and the count is told as soon as writing works again.
 */
export class LogOutput {
  readonly #port: LogPort;
  readonly #maxWaitingBytes: number;
  /** Oldest first; the first may have been written in part. */
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #dropped = 0;
  #untold = 0;
  #timer: NodeJS.Timeout | undefined;
  /** Called with how many lines were dropped since it was called last. */
  onDropped: (lines: number) => void = () => undefined;

  constructor(port: LogPort, maxWaitingBytes = MAX_WAITING_BYTES) {
    this.#port = port;
    this.#maxWaitingBytes = maxWaitingBytes;
  }

  /** Lines dropped since the start. */
  get dropped(): number {
    return this.#dropped;
  }

  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#waitingBytes + bytes.length > this.#maxWaitingBytes) {
      this.#dropped += 1;
      this.#untold += 1;
      return;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    // While others wait, the timer tries for all of them.
    if (!this.#timer) this.flushSync();
  }

  /** Writes what can be written without waiting; pino calls it at the level fatal, and the end of the process does. */
  flushSync(): void {
    const before = this.#waitingBytes;
    const isWritten = this.#writeAll();
    const retryMs = this.#waitingBytes < before ? SOON_MS : RETRY_MS;
    clearTimeout(this.#timer);
    this.#timer = isWritten ? undefined : setTimeout(() => this.flushSync(), retryMs).unref();
    if (!isWritten || this.#untold === 0) return;
    const lines = this.#untold;
    this.#untold = 0;
    this.onDropped(lines);
  }

  #writeAll(): boolean {
    while (this.#waiting.length > 0) {
      const chunk = this.#nextChunk();
      const written = this.#try(chunk);
      this.#waitingBytes -= written;
      if (written < chunk.length) {
        this.#waiting.unshift(chunk.subarray(written));
        return false;
      }
    }
    return true;
  }

  #try(chunk: Buffer): number {
    try {
      return this.#port.write(chunk);
    } catch {
      return 0; // a log that can't be written has nobody to tell
    }
  }

  #nextChunk(): Buffer {
    let bytes = 0;
    const end = this.#waiting.findIndex((line) => (bytes += line.length) > CHUNK_BYTES);
    const lines = this.#waiting.splice(0, end < 0 ? this.#waiting.length : Math.max(1, end));
    return lines.length === 1 ? lines[0]! : Buffer.concat(lines);
  }
}
