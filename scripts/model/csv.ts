import { CombotError } from "../../src/lib/errors.ts";
import { readRows } from "../../src/lib/evaluation/rows.ts";
import type { Example } from "../../src/lib/training/example.ts";

export type { Example };

/**
 * Reads a labelled data set of which every row must have a label.
 *
 * @throws {CombotError} `USAGE`
 */
export function readExamples(path: string): Example[] {
  return readRows(path).map(({ text, label, line }) => {
    if (label === null) throw new CombotError("USAGE", `${path}, line ${line}: it has no label.`);
    return { text, label };
  });
}
