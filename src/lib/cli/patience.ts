import { rewriteLine } from "./guarded-streams.ts";

/** Work that is over sooner tells no story. */
const EVERY_MS = 1000;

type Output = Pick<NodeJS.WriteStream, "write"> & { readonly isTTY?: boolean };

/**
 * Says what is waited for if it takes over a second: once, or on a terminal with the seconds, until the work is over.
 *
 * @param words or what makes them, each time anew.
 */
export async function waitTelling<T>(words: string | (() => string), work: Promise<T>, output: Output): Promise<T> {
  const startedAtMs = performance.now();
  let isTold = false;
  const tell = (): void => {
    const seconds = Math.floor((performance.now() - startedAtMs) / 1000);
    const told = typeof words === "string" ? words : words();
    if (output.isTTY) rewriteLine(output, `${told} … ${seconds}s`);
    else if (!isTold) output.write(`${told} …\n`);
    isTold = true;
  };
  const timer = setInterval(tell, EVERY_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    if (isTold && output.isTTY) rewriteLine(output);
  }
}
