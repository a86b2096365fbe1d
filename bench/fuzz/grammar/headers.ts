import type { FuzzContext } from "../context.ts";
import type { Random } from "../random.ts";

const TYPES = ["application/json; charset=utf-8", "text/plain", "APPLICATION/JSON", "application/json;", "", "a/b;c=d"];
const ODD = [
  "Expect: 100-continue",
  "Expect: 200-ok",
  "Upgrade: websocket\r\nConnection: Upgrade",
  "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk",
  "Accept: text/plain",
  "Accept: */*;q=0.1, text/html",
  "Last-Event-ID: 0",
  "Last-Event-ID: ",
  "Cookie: a=b; c",
  "Range: bytes=0-5",
  "If-None-Match: *",
  "X-Forwarded-For: 1.2.3.4",
  "Content-Encoding: gzip",
  "Origin: http://evil.example",
  "Access-Control-Request-Method: PUT",
];
/** After these a reply may be the last one. */
const ENDING = ["Connection: close", "Connection: keep-alive, close"];
/** No HTTP, or not what anybody should answer as if it were. */
const BROKEN = [
  "No colon",
  " folded: a",
  "X: a\0b",
  "Na me: a",
  ": a",
  "X\x01: a",
  "Host: b\r\nHost: c",
  "X: a\rb",
  "\x80\xFF: a",
];

export interface Headers {
  readonly lines: readonly string[];
  readonly isSound: boolean;
  /** The connection may end with the reply, or become something else. */
  readonly mayEnd: boolean;
}

export function headersOf(hasBody: boolean, random: Random, { host, token }: FuzzContext): Headers {
  const lines: string[] = [];
  if (!random.chance(0.02))
    lines.push(`Host: ${random.chance(0.97) ? host : random.pick(["", "evil.example", "a b", "[::1", "x:99999"])}`);
  if (token !== undefined && !random.chance(0.05))
    lines.push(`Authorization: Bearer ${random.chance(0.95) ? token : "x".repeat(random.int(300))}`);
  if (hasBody && !random.chance(0.02))
    lines.push(`Content-Type: ${random.chance(0.94) ? "application/json" : random.pick(TYPES)}`);
  const odd = random.chance(0.25) ? random.pick(ODD) : undefined;
  if (odd !== undefined) lines.push(odd);
  const isEnding = random.chance(0.02);
  if (isEnding) lines.push(random.pick(ENDING));
  const isLarge = random.chance(0.004);
  if (isLarge) lines.push(...many(random));
  const isBroken = random.chance(0.02);
  if (isBroken) lines.push(random.pick(BROKEN));
  return {
    lines,
    isSound: !isBroken && !isLarge,
    mayEnd: isEnding || odd?.startsWith("Expect: 2") === true || odd?.startsWith("Upgrade") === true,
  };
}

/** Around what heads may hold, 16 KiB, and far above. */
function many(random: Random): string[] {
  const bytes = random.pick([1000, 15_500, 16_384, 17_000, 200_000]);
  if (random.chance(0.5)) return [`X-Large: ${"a".repeat(bytes)}`];
  return Array.from({ length: Math.floor(bytes / 10) }, (_, at) => `X${at}: a`);
}
