/**
 * Gives the memory of a buffer back that nobody reads any more. V8 would keep it until it next looks through all of its
 * heap, and begins to look, for 10 ms or more, because of a few megabytes of such.
 */
export function free({ buffer, length }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === length) buffer.transfer(0);
}
