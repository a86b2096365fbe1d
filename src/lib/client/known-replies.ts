import { readFileSync } from "node:fs";
import { packageFile } from "../package-files.ts";
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
    return JSON.parse(readFileSync(packageFile("dist/openapi.json"), "utf8")) as ReplySchemas;
  } catch {
    return undefined;
  }
}

/** The body of a reply that fits its schema for certain; undefined where zod has to look at it. */
export function readKnownReply(schemas: ReplySchemas, route: Route, { status, body }: RawReply): unknown {
  const named = schemaOf(schemas, route, String(status), "application/json");
  try {
    const value: unknown = JSON.parse(body);
    return certainlyFits(named, value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The schema of one event of a stream. */
export function eventSchema(schemas: ReplySchemas | undefined, route: Route): JsonSchema | undefined {
  return schemas && schemaOf(schemas, route, "200", "text/event-stream");
}

function schemaOf(
  { paths, components }: ReplySchemas,
  { path, method }: Route,
  status: string,
  type: string,
): JsonSchema | undefined {
  const schema = paths[path]?.[method.toLowerCase()]?.responses[status]?.content?.[type]?.schema;
  const reference = schema?.["$ref"];
  return typeof reference === "string" ? components.schemas[reference.slice(REFERENCE.length)] : schema;
}
