import { isUtf8 } from "node:buffer";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { scan } from "secure-json-parse";
import { CombotError } from "../../lib/errors.ts";
import { nextTurn } from "../../lib/turns.ts";
import { free } from "./free.ts";
import { checkShape } from "./json-shape.ts";
import { ownTurn } from "./turn.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** The body is passed on as the text that it came in. */
    readonly keepsText?: boolean;
  }
}

/** Parsed at once; with what is larger every step has a turn of the event loop to itself. */
const SHORT_BYTES = 65_536;

/** When a body of so many bytes may be parsed; undefined: now. */
export function turnFor(bytes: number): Promise<void> | undefined {
  return bytes > SHORT_BYTES ? nextTurn() : ownTurn();
}

/** Takes JSON in UTF-8, or no body at all; a body of any other type is refused before it is read. */
export function acceptJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, async (request: FastifyRequest, body: Buffer) => {
    await turnFor(body.length);
    return request.routeOptions.config.keepsText ? await jsonTextOf(body) : await documentOf([body]);
  });
  app.addContentTypeParser("*", (request, _payload, done) => {
    if (request.headers["content-length"] === "0") return done(null, undefined);
    done(new CombotError("UNSUPPORTED_MEDIA_TYPE", "body: only application/json is taken"));
  });
}

/**
 * A body's document; undefined where there is no body. It is there at once where the body is short.
 *
 * @throws {CombotError} `INVALID_JSON`, `BODY_TOO_LARGE`
 */
export function documentOf(chunks: readonly Buffer[]): unknown {
  const body = chunks.length === 1 ? chunks[0]! : joined(chunks);
  if (body.length === 0) return undefined;
  if (body.length > SHORT_BYTES) return largeDocumentOf(body);
  checkShape(body);
  return parsed(utf8Of(body));
}

function joined(chunks: readonly Buffer[]): Buffer {
  const body = Buffer.concat(chunks);
  for (const chunk of chunks) free(chunk);
  return body;
}

async function largeDocumentOf(body: Buffer): Promise<unknown> {
  await nextTurn();
  checkShape(body);
  await nextTurn();
  const text = utf8Of(body);
  free(body);
  await nextTurn();
  return parsed(text);
}

/** A key that is refused is written like this, or with one of its letters escaped. */
const MARKS = ["__proto__", "constructor", "\\u00"];

/** As Fastify's own parser: `__proto__` and `constructor.prototype` are refused as keys. */
function parsed(text: string): unknown {
  try {
    const document: unknown = JSON.parse(text);
    const isObject = typeof document === "object" && document !== null;
    if (isObject && MARKS.some((mark) => text.includes(mark))) scan(document);
    return document;
  } catch {
    throw new CombotError("INVALID_JSON", "body: not one JSON document");
  }
}

/** As it came: what is kept for somebody must not lose the digits of a number, or a key called `__proto__`. */
async function jsonTextOf(body: Buffer): Promise<string> {
  checkShape(body, Infinity);
  if (body.length > SHORT_BYTES) await nextTurn();
  const text = utf8Of(body);
  if (body.length > SHORT_BYTES) await nextTurn();
  try {
    JSON.parse(text);
    return text;
  } catch {
    throw new CombotError("INVALID_JSON", "body: not one JSON document");
  }
}

/** Decoding would put U+FFFD in the place of each bad byte without a word, and a changed text would be classified. */
function utf8Of(body: Buffer): string {
  if (!isUtf8(body)) throw new CombotError("INVALID_JSON", "body: not UTF-8");
  return body.toString("utf8");
}
