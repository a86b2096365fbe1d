import type { Random } from "../random.ts";

/** How a body is wrapped. */
export interface Framed {
  readonly headers: readonly string[];
  readonly bytes: Buffer;
  /** One request's worth, as HTTP has it. */
  readonly isWhole: boolean;
}

const LENGTHS = ["-1", "+5", "1e3", "0x10", "99999999999999999999", " ", "5, 5", "NaN"];
const SIZES = ["-1", "g", "FFFFFFFFFFFFFFFFF", "", "0x5", "5 "];

export function framed(body: Buffer | undefined, random: Random): Framed {
  if (!body) return { headers: [], bytes: Buffer.alloc(0), isWhole: true };
  const kind = random.weighted({
    length: 80,
    chunks: 12,
    wrong: 2,
    short: 1.5,
    both: 1.5,
    size: 1.5,
    twice: 1,
    none: 0.5,
  });
  const length = `Content-Length: ${body.length}`;
  if (kind === "length") return { headers: [length], bytes: body, isWhole: true };
  if (kind === "chunks") return { headers: [chunked(random)], bytes: chunksOf(body, random), isWhole: true };
  const bytes =
    kind === "size"
      ? Buffer.from(`${random.pick(SIZES)}\r\n${body.subarray(0, 100).toString("latin1")}\r\n0\r\n\r\n`)
      : body;
  const headers: Record<typeof kind, string[]> = {
    wrong: [`Content-Length: ${random.pick(LENGTHS)}`],
    short: [`Content-Length: ${Math.max(0, body.length - random.between(1, 50))}`],
    both: [length, "Transfer-Encoding: chunked"],
    size: ["Transfer-Encoding: chunked"],
    twice: [length, `Content-Length: ${body.length + 1}`],
    none: [random.pick(["X: y", "Transfer-Encoding: gzip", "Transfer-Encoding: chunked, identity"])],
  };
  return { headers: headers[kind], bytes, isWhole: false };
}

function chunked(random: Random): string {
  return random.pick(["Transfer-Encoding: chunked", "transfer-encoding: Chunked"]);
}

/** In pieces of any size, now and then with an extension or a trailer. */
function chunksOf(body: Buffer, random: Random): Buffer {
  const largest = random.pick([3, 500, 70_000, 2_000_000]);
  const parts: Buffer[] = [];
  // A megabyte in chunks of a byte would be a session of its own.
  for (let from = 0; from < body.length && parts.length < 3000;) {
    const part = parts.length === 2997 ? body.subarray(from) : body.subarray(from, from + random.between(1, largest));
    const extension = random.chance(0.02) ? `;a="${"x".repeat(random.int(200))}"` : "";
    parts.push(Buffer.from(`${part.length.toString(16)}${extension}\r\n`), part, Buffer.from("\r\n"));
    from += part.length;
  }
  parts.push(Buffer.from(random.chance(0.05) ? "0\r\nX-After: a\r\n\r\n" : "0\r\n\r\n"));
  return Buffer.concat(parts);
}
