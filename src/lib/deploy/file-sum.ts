import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { MIB } from "../units.ts";

/** One for all files: memory that is new for each of them costs more than to read it. */
const buffer = Buffer.allocUnsafeSlow(MIB);

/** SHA-256 of a file, in pieces: Node alone is larger than what a deploy otherwise takes. */
export function sha256OfFile(path: string): string {
  const hash = createHash("sha256");
  const fd = openSync(path, "r");
  try {
    for (let length; (length = readSync(fd, buffer)) > 0;) hash.update(buffer.subarray(0, length));
  } finally {
    closeSync(fd);
  }
  return hash.digest("hex");
}
