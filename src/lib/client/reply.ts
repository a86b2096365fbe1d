import { z } from "zod";
import { CombotError } from "../errors.ts";
import type { ErrorCode } from "../error-table.ts";
import { ERRORS } from "../error-table.ts";
import type { Endpoint } from "../protocol/endpoint.ts";
import type { RawReply } from "./exchange.ts";

/** Compiling a schema takes zod longer than the few replies of a command take it to interpret. */
const INTERPRETED = { jitless: true };

/** As lax as a problem may be and still be told of: an unknown code is the news, not a reason to hide the detail. */
const anyProblem = z.object({ code: z.string(), detail: z.string(), index: z.int().min(0).optional() });

type Called = Pick<Endpoint, "method" | "path">;

/**
 * The body of a reply, checked against the endpoint's schema for that status.
 *
 * @throws {CombotError} what the problem says, or `REPLY_INVALID` for anything that is not of the protocol.
 */
export function readReply(endpoint: Endpoint, reply: RawReply): unknown {
  const json = parseJson(endpoint, reply);
  const schema = endpoint.replies[reply.status];
  if (!schema) throw problemError(endpoint, reply, json);
  const parsed = schema.safeParse(json, INTERPRETED);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join(".");
  throw invalid(endpoint, `${where ? `${where}: ` : ""}${issue?.message ?? "it does not fit"}`);
}

/** The failure that a reply tells of which is no result. @throws {CombotError} `REPLY_INVALID` where it is no JSON. */
export function readProblem(called: Called, reply: RawReply): CombotError {
  return problemError(called, reply, parseJson(called, reply));
}

function problemError(endpoint: Called, { status, retryAfterSeconds }: RawReply, json: unknown): CombotError {
  const { data } = anyProblem.safeParse(json, INTERPRETED);
  if (!data) return invalid(endpoint, `status ${status} without a problem`);
  if (!isCode(data.code))
    return invalid(endpoint, `status ${status} with the unknown code ${data.code}: ${data.detail}`);
  return new CombotError(data.code, data.detail, {
    ...(data.index === undefined ? {} : { index: data.index }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}

function parseJson(endpoint: Called, { body, status }: RawReply): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw invalid(endpoint, `status ${status} with a body that is not JSON`);
  }
}

function invalid({ method, path }: Called, what: string): CombotError {
  return new CombotError("REPLY_INVALID", `${method} ${path}: ${what}`);
}
