import { z } from "zod";
import { CombotError } from "../../lib/errors.ts";
import type { ErrorDetails } from "../../lib/errors.ts";
import { MAX_TEXTS } from "../../lib/protocol/classify.ts";

type Issue = z.core.$ZodIssue;

const FAULTS_SHOWN = 3;
const EMPTY = z.strictObject({});

/**
 * The body as the schema has it; none is as good as `{}`.
 *
 * @throws {CombotError} `INVALID_REQUEST` naming the fields at fault and what they allow, never what they hold;
 * `BODY_TOO_LARGE` for too many texts.
 */
export function readBody(schema: z.ZodType | undefined, body: unknown): unknown {
  if (schema) refuseTooManyTexts(schema, body);
  return read(schema ?? EMPTY, body === undefined ? {} : body, "body");
}

/** The query, where the call has one; elsewhere it is ignored, as a cache-buster is. */
export function readQuery(schema: z.ZodType | undefined, query: unknown): unknown {
  return schema && read(schema, query, "query");
}

/**
 * Before the schema, which looks at every element and reports each one that is wrong: 1 MiB of numbers in the place of
 * texts would become half a million issues and hundreds of megabytes.
 */
function refuseTooManyTexts(schema: z.ZodType, body: unknown): void {
  if (!(schema instanceof z.ZodObject) || !("texts" in schema.shape)) return;
  if (typeof body !== "object" || body === null || !("texts" in body) || !Array.isArray(body.texts)) return;
  const { length } = body.texts;
  if (length > MAX_TEXTS) throw new CombotError("BODY_TOO_LARGE", `texts: at most ${MAX_TEXTS}, not ${length}`);
}

/** The parameters in the path, where the call has any. */
export function readParams(schema: z.ZodType | undefined, params: unknown): unknown {
  return schema && read(schema, params, "path");
}

function read(schema: z.ZodType, value: unknown, part: "body" | "query" | "path"): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const faults = issues.slice(0, FAULTS_SHOWN).map((issue) => `${fieldOf(issue, part)}: ${ruleOf(issue, schema)}`);
  const more = issues.length > FAULTS_SHOWN ? `; and ${issues.length - FAULTS_SHOWN} more` : "";
  throw new CombotError("INVALID_REQUEST", faults.join("; ") + more, textAtFault(issues[0]));
}

function fieldOf({ path }: Issue, part: string): string {
  return path.reduce<string>((field, key) => (typeof key === "number" ? `${field}[${key}]` : String(key)), part);
}

/** zod's messages say what is allowed and hold no input, but for the names of unknown fields, which are input. */
function ruleOf(issue: Issue, schema: z.ZodType): string {
  if (issue.code !== "unrecognized_keys") return issue.message;
  const allowed = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  return `a field that is not allowed here; allowed: ${allowed.join(", ") || "none"}`;
}

function textAtFault(issue: Issue | undefined): ErrorDetails {
  const [field, index] = issue?.path ?? [];
  return field === "texts" && typeof index === "number" ? { index } : {};
}
