import { rewriteLine } from "./guarded-streams.ts";

/** Work that is over sooner tells no story. */
const EVERY_MS = 1000;

type Output = Pick<NodeJS.WriteStream, "write"> & { readonly isTTY?: boolean };

/**
 * Says what is waited for if it takes over a second: once, and again where the words are others; or on a terminal with the seconds, until the work is over.
 *
 * @param words or what makes them, each time anew.
 */
export async function waitTelling<T>(words: string | (() => string), work: Promise<T>, output: Output): Promise<T> {
  const startedAtMs = performance.now();
  let last: string | undefined;
  const tell = (): void => {
    const seconds = Math.floor((performance.now() - startedAtMs) / 1000);
    const told = typeof words === "string" ? words : words();
    if (output.isTTY) rewriteLine(output, `${told} … ${seconds}s`);
    else if (told !== last) output.write(`${told} …\n`);
    last = told;
  };
  const timer = setInterval(tell, EVERY_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    if (last !== undefined && output.isTTY) rewriteLine(output);
  }
}
