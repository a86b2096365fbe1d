import { isUtf8 } from "node:buffer";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { CombotError } from "../../lib/errors.ts";
import { checkShape } from "./json-shape.ts";
import { ownTurn } from "./turn.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** The body is passed on as the text that it came in. */
    readonly keepsText?: boolean;
  }
}

/** A body's document; undefined where there is no body. @throws {CombotError} `INVALID_JSON` */
export type JsonParser = (body: Buffer) => unknown;

/**
 * Takes JSON in UTF-8, or no body at all; a body of any other type is refused before it is read.
 *
 * @returns what reads a body.
 */
export function acceptJsonBodies(app: FastifyInstance): JsonParser {
  // Fastify's parser refuses `__proto__` and `constructor.prototype` as keys. Of the request it wants nothing.
  const fastifyParser = app.getDefaultJsonParser("error", "error");
  const nobody = {} as FastifyRequest;
  const parse: JsonParser = (body) => {
    if (body.length === 0) return undefined;
    checkShape(body);
    let outcome: { readonly error: Error | null; readonly value: unknown } | undefined;
    void fastifyParser(nobody, utf8Of(body), (error, value) => (outcome = { error, value }));
    if (!outcome || outcome.error) throw new CombotError("INVALID_JSON", "body: not one JSON document");
    return outcome.value;
  };

  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, async (request: FastifyRequest, body: Buffer) => {
    await ownTurn();
    return request.routeOptions.config.keepsText ? jsonTextOf(body) : parse(body);
  });
  app.addContentTypeParser("*", (request, _payload, done) => {
    if (request.headers["content-length"] === "0") return done(null, undefined);
    done(new CombotError("UNSUPPORTED_MEDIA_TYPE", "body: only application/json is taken"));
  });
  return parse;
}

/** As it came: what is kept for somebody must not lose the digits of a number, or a key called `__proto__`. */
function jsonTextOf(body: Buffer): string {
  checkShape(body, Infinity);
  const text = utf8Of(body);
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
