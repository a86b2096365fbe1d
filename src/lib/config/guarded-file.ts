import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { KIB } from "../units.ts";

export interface FileContent {
  readonly text: string;
  /** The permission bits, 0 to 0o7777. */
  readonly mode: number;
}

/** Reads one small file. Throws what the system reports, or an Error that says why the content is refused. */
export type ReadFile = (path: string) => FileContent;

const MAX_BYTES = 256 * KIB;

/**
 * Reads a settings or secret file. Mode and text come from one open file, so that it can't be swapped between the look
 * and the read; a FIFO or a device does not block the start.
 */
export const readGuardedFile: ReadFile = (path) => {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const status = fstatSync(descriptor);
    if (!status.isFile()) throw new Error("not a regular file");
    if (status.size > MAX_BYTES) throw new Error(`larger than ${MAX_BYTES / KIB} KiB`);
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readFileSync(descriptor));
    return { text, mode: status.mode & 0o7777 };
  } finally {
    closeSync(descriptor);
  }
};
