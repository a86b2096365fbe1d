import { z } from "zod";
import { CombotError } from "../../lib/errors.ts";
import type { ErrorDetails } from "../../lib/errors.ts";
import { MAX_TEXTS } from "../../lib/protocol/classify.ts";
import { MAX_ASKED_MODELS, MAX_JUDGED, MAX_LABELS } from "../../lib/protocol/limits.ts";

type Issue = z.core.$ZodIssue;

const FAULTS_SHOWN = 3;
const STRANGE_KEYS = "unrecognized_keys";
const EMPTY = z.strictObject({});

/**
 * The body as the schema has it; none is as good as `{}`.
 *
 * @throws {CombotError} `INVALID_REQUEST` naming the fields at fault and what they allow, never what they hold;
 * `BODY_TOO_LARGE` for too many texts.
 */
export function readBody(schema: z.ZodType | undefined, body: unknown): unknown {
  if (schema) refuseTooMany(schema, body);
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
function refuseTooMany(schema: z.ZodType, body: unknown): void {
  const texts = lengthOf(schema, body, "texts");
  if (texts > MAX_TEXTS) throw new CombotError("BODY_TOO_LARGE", `texts: at most ${MAX_TEXTS}, not ${texts}`);
  const labels = lengthOf(schema, body, "labels");
  if (labels > MAX_LABELS) throw new CombotError("INVALID_REQUEST", `labels: at most ${MAX_LABELS}, not ${labels}`);
  const models = lengthOf(schema, body, "models");
  if (models > MAX_ASKED_MODELS)
    throw new CombotError("INVALID_REQUEST", `models: at most ${MAX_ASKED_MODELS}, not ${models}`);
  for (const field of ["candidates", "thresholds"]) {
    const named = lengthOf(schema, body, field);
    if (named > MAX_JUDGED) throw new CombotError("INVALID_REQUEST", `${field}: at most ${MAX_JUDGED}, not ${named}`);
  }
}

/** 0 where the call has no such list, and no object in its place. */
function lengthOf(schema: z.ZodType, body: unknown, field: string): number {
  if (typeof body !== "object" || body === null) return 0;
  const list = (body as Readonly<Record<string, unknown>>)[field];
  if (typeof list !== "object" || list === null) return 0;
  if (!(schema instanceof z.ZodObject) || !(field in schema.shape)) return 0;
  return Array.isArray(list) ? list.length : Object.keys(list).length;
}

/** The parameters in the path, where the call has any. */
export function readParams(schema: z.ZodType | undefined, params: unknown): unknown {
  return schema && read(schema, params, "path");
}

function read(schema: z.ZodType, value: unknown, part: "body" | "query" | "path"): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.flatMap(unfolded);
  const faults = issues.slice(0, FAULTS_SHOWN).map((issue) => `${fieldOf(issue, part)}: ${ruleOf(issue, schema)}`);
  const more = issues.length > FAULTS_SHOWN ? `; and ${issues.length - FAULTS_SHOWN} more` : "";
  throw new CombotError("INVALID_REQUEST", faults.join("; ") + more, textAtFault(issues[0]));
}

function fieldOf({ path }: Issue, part: string): string {
  const [first = part, ...rest] = path;
  return rest.reduce<string>(
    (field, key) => (typeof key === "number" ? `${field}[${key}]` : `${field}.${String(key)}`),
    String(first),
  );
}

/**
 * Of a field that may be one thing or another: what is wrong with it as that which it was meant to be, where something
 * inside of it is.
 */
function unfolded(issue: Issue): Issue[] {
  if (issue.code !== "invalid_union") return [issue];
  const meant = issue.errors.find((inner) => inner.every(({ path, code }) => path.length > 0 || code === STRANGE_KEYS));
  return meant?.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })) ?? [issue];
}

/** zod's messages say what is allowed and hold no input, but for the names of unknown fields, which are input. */
function ruleOf(issue: Issue, schema: z.ZodType): string {
  // Of a part of it the schema has a word of its own.
  if (issue.code !== STRANGE_KEYS || issue.path.length > 0) return issue.message;
  const allowed = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  return `a field that is not allowed here; allowed: ${allowed.join(", ") || "none"}`;
}

function textAtFault(issue: Issue | undefined): ErrorDetails {
  const [field, index] = issue?.path ?? [];
  return field === "texts" && typeof index === "number" ? { index } : {};
}
