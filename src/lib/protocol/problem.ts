import { z } from "zod";
import { ERRORS } from "../error-table.ts";
import type { CombotError } from "../errors.ts";
import type { ErrorCode } from "../error-table.ts";

const codes = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];

/** The body of every error reply: application/problem+json (RFC 9457) with combot's own `code`. */
export const problem = z.object({
  type: z.string().describe("URN of the kind of problem"),
  title: z.string(),
  status: z.int().describe("HTTP status"),
  detail: z.string().describe("what was wrong with this call"),
  code: z.enum(codes),
  requestId: z.string().optional().describe("the X-Request-Id of the reply"),
  index: z.int().min(0).optional().describe("index in `texts` of the text at fault"),
});

export type Problem = z.infer<typeof problem>;

export const PROBLEM_TYPE = "application/problem+json";

/** The reply that tells a caller of `error`. */
export function problemOf(error: CombotError): Problem {
  const row = ERRORS[error.code];
  return {
    type: `urn:combot:error:${error.code}`,
    title: row.title,
    status: row.http,
    detail: error.message,
    code: error.code,
    ...(error.index === undefined ? {} : { index: error.index }),
  };
}
