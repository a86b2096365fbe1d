import { z } from "zod";
import type { FuzzContext } from "../context.ts";
import type { Random } from "../random.ts";
import { text } from "./text.ts";

/** As far as the schemas of the API use JSON Schema. */
export interface Schema {
  readonly type?: string;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

/** Of a body or a query. */
export function schemaOf(schema: z.ZodType): Schema {
  return z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Schema;
}

const NUMBERS = [0, -0, 1, -1, 2, 255, 256, 257, 65_536, 1e21, -1e-7, 0.5, 2 ** 31, 2 ** 53, Number.MAX_VALUE];
const WRONG_SHARE = 0.08;
const DEEPEST = 4;

/** What fits the schema, or nearly does. */
export function valueOf(schema: Schema, random: Random, context: FuzzContext): unknown {
  if (random.chance(WRONG_SHARE)) return anything(random);
  if (schema.anyOf) return valueOf(random.pick(schema.anyOf), random, context);
  if (schema.enum) return random.pick(schema.enum);
  if ("const" in schema) return schema.const;
  if (schema.type === "string") return stringOf(schema, random, context);
  if (schema.type === "integer" || schema.type === "number") return numberOf(schema, random);
  if (schema.type === "boolean") return random.chance(0.5);
  if (schema.type === "array") return arrayOf(schema, random, context);
  if (schema.type === "object") return objectOf(schema, random, context);
  return anything(random);
}

function stringOf({ pattern }: Schema, random: Random, { known }: FuzzContext): string {
  if (pattern === undefined) return random.chance(0.02) ? random.pick(known) : text(random);
  const fitting = known.filter((one) => new RegExp(pattern, "u").test(one));
  return fitting.length > 0 ? random.pick(fitting) : text(random);
}

function numberOf({ minimum = -10, maximum = 300 }: Schema, random: Random): number {
  const most = Math.min(maximum, 1e6);
  const edges = [minimum, minimum - 1, minimum + 1, maximum, most + 1, most - 1];
  return random.chance(0.3) ? random.pick(edges) : random.between(Math.max(minimum, -1e6), most);
}

function arrayOf({ items = {}, minItems = 0, maxItems = 20 }: Schema, random: Random, context: FuzzContext): unknown[] {
  const edge = [minItems - 1, minItems, maxItems, maxItems + 1];
  const length = random.chance(0.02) ? Math.max(0, random.pick(edge)) : random.between(minItems, minItems + 3);
  return Array.from({ length }, () => valueOf(items, random, context));
}

function objectOf({ properties = {}, required = [] }: Schema, random: Random, context: FuzzContext): object {
  const made: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(properties)) {
    if (required.includes(name) ? random.chance(0.03) : random.chance(0.6)) continue;
    made[name] = valueOf(schema, random, context);
  }
  if (random.chance(0.05))
    made[random.pick(["__proto__x", "constructor", "toString", "Text", "", "a".repeat(300)])] = 1;
  return made;
}

/** Any JSON at all. */
export function anything(random: Random, depth = 0): unknown {
  const nested = depth < DEEPEST ? 1 : 0;
  const kind = random.weighted({ text: 3, number: 3, word: 3, list: nested, object: nested });
  if (kind === "text") return text(random);
  if (kind === "number") return random.pick(NUMBERS);
  if (kind === "word") return random.pick([null, true, false, {}, []]);
  const inner = Array.from({ length: random.int(4) }, () => anything(random, depth + 1));
  return kind === "list" ? inner : Object.fromEntries(inner.map((value, at) => [`k${at}`, value]));
}
