/** A schema of JSON Schema 2020-12, as zod writes it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

type Check = (argument: never, value: unknown, schema: JsonSchema) => boolean;

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === "string",
  number: Number.isFinite,
  integer: Number.isSafeInteger,
  boolean: (value) => typeof value === "boolean",
  null: (value) => value === null,
  array: Array.isArray,
  object: isObject,
};

/** Keywords that say nothing of values of another type than theirs always stand beside a `type`. */
const CHECKS: Readonly<Record<string, Check>> = {
  type: (types: string | readonly string[], value) => [types].flat().some((type) => TYPES[type]?.(value) ?? false),
  const: (only: unknown, value) => value === only,
  enum: (members: readonly unknown[], value) => members.includes(value),
  minimum: (least: number, value) => (value as number) >= least,
  maximum: (most: number, value) => (value as number) <= most,
  // One pattern that is in use a thousand times is compiled once.
  pattern: (source: string, value) => patternOf(source).test(value as string),
  // Of a time: what it may look like is in the pattern beside it.
  format: (name: string) => name === "date-time",
  oneOf: (schemas: readonly JsonSchema[], value) =>
    schemas.filter((schema) => certainlyFits(schema, value)).length === 1,
  anyOf: (schemas: readonly JsonSchema[], value) => schemas.some((schema) => certainlyFits(schema, value)),
  items: (schema: JsonSchema, value) => Array.isArray(value) && value.every((item) => certainlyFits(schema, item)),
  required: (names: readonly string[], value) => isObject(value) && names.every((name) => Object.hasOwn(value, name)),
  propertyNames: (schema: JsonSchema, value) =>
    isObject(value) && Object.keys(value).every((name) => certainlyFits(schema, name)),
  properties: (schemas: Readonly<Record<string, JsonSchema>>, value) =>
    isObject(value) && Object.entries(value).every(([name, field]) => certainlyFits(schemas[name], field)),
  additionalProperties: (schema: JsonSchema, value, { properties }) =>
    properties === undefined && isObject(value) && Object.values(value).every((field) => certainlyFits(schema, field)),
  description: () => true,
};

/**
 * True only if zod would take `value` as it is. False also where this does not know: a keyword that is not above, a
 * field that the schema does not name. It is for saving the time that zod takes to load, and never for refusing.
 */
export function certainlyFits(schema: JsonSchema | undefined, value: unknown): boolean {
  if (schema === undefined) return false;
  return Object.entries(schema).every(([keyword, argument]) => {
    const check = Object.hasOwn(CHECKS, keyword) ? CHECKS[keyword] : undefined;
    // Each keyword has an argument of its own type, which zod saw to.
    return check?.(argument as never, value, schema) ?? false;
  });
}

const PATTERNS = new Map<string, RegExp>();

function patternOf(source: string): RegExp {
  const known = PATTERNS.get(source) ?? new RegExp(source, "u");
  PATTERNS.set(source, known);
  return known;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
