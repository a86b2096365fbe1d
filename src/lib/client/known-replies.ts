import { readFileSync } from "node:fs";
import type { RawReply } from "./exchange.ts";
import { certainlyFits, type JsonSchema } from "./json-schema.ts";
import type { Route } from "./routes.ts";

/** The part of an OpenAPI 3.1 document that is read here. */
export interface ReplySchemas {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: JsonSchema }>> }>
  >;
}

const REFERENCE = "#/components/schemas/";

/** The document that the build makes of the protocol's schemas; undefined where there was no build. */
export function readSchemas(): ReplySchemas | undefined {
  try {
    return JSON.parse(readFileSync(new URL("../../openapi.json", import.meta.url), "utf8")) as ReplySchemas;
  } catch {
    return undefined;
  }
}

/** The body of a reply that fits its schema for certain; undefined where zod has to look at it. */
export function readKnownReply(schemas: ReplySchemas, route: Route, { status, body }: RawReply): unknown {
  const operation = schemas.paths[route.path]?.[route.method.toLowerCase()];
  const schema = operation?.responses[status]?.content?.["application/json"]?.schema;
  const reference = schema?.["$ref"];
  const named = typeof reference === "string" ? schemas.components.schemas[reference.slice(REFERENCE.length)] : schema;
  try {
    const value: unknown = JSON.parse(body);
    return certainlyFits(named, value) ? value : undefined;
  } catch {
    return undefined;
  }
}
