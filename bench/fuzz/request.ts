import type { FuzzContext } from "./context.ts";
import { framed } from "./grammar/framing.ts";
import { headersOf } from "./grammar/headers.ts";
import { jsonOf } from "./grammar/json.ts";
import { target } from "./grammar/target.ts";
import { anything, valueOf } from "./grammar/values.ts";
import type { Random } from "./random.ts";

export interface FuzzRequest {
  readonly bytes: Buffer;
  /** It is HTTP, and its connection goes on: exactly one reply is due, whatever it says. */
  readonly isSound: boolean;
  /** Its reply may have no end. */
  readonly isEndless: boolean;
}

/** Above it the daemon answers, and may end the connection rather than read the rest. */
const READ_BYTES = 1024 * 1024;
const LINES = [
  "GET",
  "GET /",
  "GET / HTTP/9.9",
  "/ GET HTTP/1.1",
  "GET / HTTP/1.1 x",
  "\0",
  "PRI * HTTP/2.0",
  "\x16\x03\x01\x02",
  "GET http://a/ HTTP/0.9",
];

/** One request by the grammar of HTTP, JSON and the API, or one that breaks a rule of them. */
export function request(random: Random, context: FuzzContext): FuzzRequest {
  const { method, path, body: schema, isEndless } = target(random, context);
  const wantsBody =
    schema !== undefined ? method !== "GET" : random.chance(method === "GET" || method === "HEAD" ? 0.02 : 0.5);
  const value = wantsBody ? (schema ? valueOf(schema, random, context) : anything(random)) : undefined;
  const body = framed(wantsBody ? jsonOf(value, random) : undefined, random);
  const headers = headersOf(wantsBody, random, context);
  const isOld = random.chance(0.01);
  const isLineBroken = random.chance(0.01);
  const line = isLineBroken ? random.pick(LINES) : `${method} ${path} HTTP/1.${isOld ? 0 : 1}`;
  const head = [line, ...shuffled([...headers.lines, ...body.headers], random), "", ""].join("\r\n");
  const bytes = Buffer.concat([Buffer.from(head, "latin1"), body.bytes]);
  const isPath = /^\/[!-~]*$/u.test(path) && path.length < 4000;
  const isSound =
    !isLineBroken &&
    !isOld &&
    isPath &&
    body.isWhole &&
    headers.isSound &&
    !headers.mayEnd &&
    body.bytes.length < READ_BYTES;
  return { bytes, isSound, isEndless };
}

function shuffled(lines: string[], random: Random): string[] {
  for (let at = lines.length - 1; at > 0; at--) {
    const other = random.int(at + 1);
    [lines[at], lines[other]] = [lines[other]!, lines[at]!];
  }
  return lines;
}
