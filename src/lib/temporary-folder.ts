import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemCodeOf } from "./errors.ts";
import { failureBy } from "./system-errors.ts";

/** A new folder of this process's own. @throws {CombotError} `USAGE` where there is no place for one. */
export function makeTemporaryFolder(prefix: string): string {
  const parent = tmpdir();
  try {
    return mkdtempSync(join(parent, prefix));
  } catch (thrown) {
    const told = `The temporary folder ${parent} can't be written to (${systemCodeOf(thrown)}): set TMPDIR to one that can.`;
    throw failureBy(thrown, "USAGE", told);
  }
}
