import { shown } from "../terminal-text.ts";

type Write = NodeJS.WriteStream["write"];
type Output = Pick<NodeJS.WriteStream, "write">;

/** How to write to a guarded stream past the guard. */
const UNGUARDED = new WeakMap<Output, Write>();

/**
 * From here on whatever anybody in this process writes to these streams, libraries too, is without what a terminal would
 * obey: names of models, labels, hosts and files are their owners', and end up in results, errors and usage alike.
 */
export function guardStreams(streams: readonly Output[] = [process.stdout, process.stderr]): void {
  for (const stream of streams) {
    if (UNGUARDED.has(stream)) continue;
    const write = stream.write.bind(stream) as (chunk: string, ...rest: unknown[]) => boolean;
    UNGUARDED.set(stream, write);
    stream.write = (chunk: string | Uint8Array, ...rest: unknown[]) =>
      write(shown(typeof chunk === "string" ? chunk : Buffer.from(chunk).toString()), ...rest);
  }
}

/** Writes what moves the cursor. @param text whatever of it came from outside has been through `shown`. */
export function writeControls(output: Output, text: string): void {
  const write = UNGUARDED.get(output) ?? output.write.bind(output);
  write(text);
}

/** Puts a text in the place of the line that the cursor is on. */
export function rewriteLine(output: Output, text = ""): void {
  writeControls(output, `\r\u001B[K${shown(text)}`);
}
