import type { FuzzContext } from "./context.ts";
import { tensorBytes } from "./grammar/compat.ts";
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
/** Of the bodies for a place that has examples. */
const EXAMPLE_SHARE = 0.4;
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
  const { method, path, body: schema, examples, hasTensors, isEndless } = target(random, context);
  const wantsBody =
    schema !== undefined ? method !== "GET" : random.chance(method === "GET" || method === "HEAD" ? 0.02 : 0.5);
  const isExample = examples !== undefined && random.chance(EXAMPLE_SHARE);
  const value = isExample ? random.pick(examples) : schema ? valueOf(schema, random, context) : anything(random);
  const json = wantsBody ? jsonOf(value, random) : undefined;
  const isTensor = json !== undefined && hasTensors === true && random.chance(EXAMPLE_SHARE);
  const tensor = isTensor ? withTensor(json, random) : { bytes: json, headers: [] };
  const body = framed(tensor.bytes, random);
  const headers = headersOf(wantsBody, random, context);
  const isOld = random.chance(0.01);
  const isLineBroken = random.chance(0.01);
  const line = isLineBroken ? random.pick(LINES) : `${method} ${path} HTTP/1.${isOld ? 0 : 1}`;
  const head = [line, ...shuffled([...headers.lines, ...body.headers, ...tensor.headers], random), "", ""].join("\r\n");
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

/** Triton's binary extension: a header says where the JSON ends, now and then not truly. */
function withTensor(json: Buffer, random: Random): { bytes: Buffer; headers: string[] } {
  const length = random.chance(0.9) ? json.length : random.pick([-1, 0, json.length + 1, 2 ** 40]);
  return {
    bytes: Buffer.concat([json, tensorBytes(random)]),
    headers: [`Inference-Header-Content-Length: ${length}`],
  };
}

function shuffled(lines: string[], random: Random): string[] {
  for (let at = lines.length - 1; at > 0; at--) {
    const other = random.int(at + 1);
    [lines[at], lines[other]] = [lines[other]!, lines[at]!];
  }
  return lines;
}
