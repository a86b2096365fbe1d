import { createInterface } from "node:readline";
import { CombotError } from "../errors.ts";

export interface Terminal {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  /** Not standard output, which has the result alone. */
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/**
 * Asks a question that is answered with y or yes, and with anything else or the end of input for no.
 *
 * @throws {CombotError} `USAGE` where no terminal can answer.
 */
export async function confirm(question: string, { input, output }: Terminal): Promise<boolean> {
  if (!input.isTTY || !output.isTTY)
    throw new CombotError("USAGE", `${question} There is no terminal to ask: pass --yes.`);
  // Not `terminal`: in its raw mode Ctrl-C would be a character, and no signal to end with 130.
  const lines = createInterface({ input, output, terminal: false });
  output.write(`${question} [y/N] `);
  try {
    for await (const line of lines) return /^\s*y(es)?\s*$/i.test(line);
    output.write("\n");
    return false;
  } finally {
    // Open input would keep the process.
    lines.close();
  }
}
