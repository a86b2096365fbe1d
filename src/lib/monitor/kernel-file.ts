import { closeSync, openSync, readSync } from "node:fs";

/** More than any file that is read here has of interest. */
const LARGEST_BYTES = 64 * 1024;
const BUFFER = Buffer.allocUnsafe(LARGEST_BYTES);

/** A file of /proc that is read again and again: kept open, since opening one costs as much as reading it. */
export class KernelFile {
  readonly #path: string;
  #handle: number | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Undefined where it can't be read: no such kernel, no such process. */
  read(): string | undefined {
    try {
      this.#handle ??= openSync(this.#path, "r");
      return BUFFER.toString("latin1", 0, readSync(this.#handle, BUFFER, 0, LARGEST_BYTES, 0));
    } catch {
      this.close();
      return undefined;
    }
  }

  close(): void {
    if (this.#handle !== undefined) closeSync(this.#handle);
    this.#handle = undefined;
  }
}
