import { ENDPOINTS, PAGES, PROBES } from "../../../src/lib/protocol/endpoints.ts";
import type { Endpoint } from "../../../src/lib/protocol/endpoint.ts";
import type { FuzzContext } from "../context.ts";
import type { Random } from "../random.ts";
import { COMPAT_PLACES } from "./compat.ts";
import type { Place, Target } from "./place.ts";
import { schemaOf, valueOf } from "./values.ts";
import type { Schema } from "./values.ts";

/** These work for seconds: now and then is enough, or there would be little else. */
const DEAR = new Set(["warm", "cleanup", "recycle", "modelLoad", "modelUnload", "modelUse", "backup", "restore"]);
const DEAR_SHARE = 0.003;
/** What the daemon is there for. */
const CLASSIFY_SHARE = 0.25;
const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "QUERY", "M-SEARCH"];
const PATHS = [
  "/",
  "",
  "*",
  "//",
  "/api",
  "/api/",
  "/api/classify//",
  "/../../etc/passwd",
  "/%",
  "/%zz/",
  "/api/%63lassify/",
];
const EVENTS = ENDPOINTS.events.path;

const PLACES: readonly Place[] = [
  ...Object.entries<Endpoint>(ENDPOINTS).map(([name, { method, path, body, query }]) => ({
    method,
    path,
    isDear: DEAR.has(name),
    ...(body ? { body: schemaOf(body) } : {}),
    ...(query ? { query: schemaOf(query) } : {}),
  })),
  ...[...Object.values(PAGES), ...Object.values(PROBES)].map((path) => ({ method: "GET", path, isDear: false })),
  ...COMPAT_PLACES,
];
const USUAL = PLACES.filter(({ isDear }) => !isDear);
const CLASSIFY = PLACES.find(({ path }) => path === ENDPOINTS.classify.path)!;
const DEARER = PLACES.filter(({ isDear }) => isDear);

/** Every route there is with every method, and paths of none. */
export function target(random: Random, context: FuzzContext): Target {
  const { path, query, method: own, body, examples, hasTensors } = place(random);
  const method = random.chance(0.85) ? own : methodBut(own, random);
  const isOther = random.chance(0.04);
  const filled = isOther
    ? otherPath(random)
    : slashed(
        path.replaceAll(/\{\w+\}/gu, () => paramOf(random, context)),
        random,
      );
  const asked = random.chance(query ? 0.7 : 0.05) ? `?${queryOf(query, random, context)}` : "";
  return {
    method,
    path: filled + asked,
    isEndless: path === EVENTS && !isOther,
    ...(body && { body, examples, hasTensors }),
  };
}

function place(random: Random): Place {
  if (random.chance(DEAR_SHARE)) return random.pick(DEARER);
  return random.chance(CLASSIFY_SHARE) ? CLASSIFY : random.pick(USUAL);
}

/** A route that works for seconds is not come upon by a wrong method. */
function methodBut(own: string, random: Random): string {
  return random.pick(METHODS.filter((method) => method !== own && (own === "GET" || method !== "POST")));
}

function paramOf(random: Random, { known }: FuzzContext): string {
  const one = random.pick([
    "product",
    "session",
    "a",
    "k:1",
    "k.2",
    "",
    "%00",
    "%2F",
    "..",
    "ä",
    "x".repeat(random.int(700)),
  ]);
  return random.chance(0.1) ? encodeURIComponent(random.pick(known)) : one;
}

function slashed(path: string, random: Random): string {
  return random.chance(0.3) && path.length > 1 ? path.replace(/\/$/u, "") : path;
}

function otherPath(random: Random): string {
  return random.chance(0.7)
    ? random.pick(PATHS)
    : `/${"a/".repeat(random.int(3000))}${String.fromCharCode(random.between(33, 255))}`;
}

function queryOf({ properties = {} }: Schema = {}, random: Random, context: FuzzContext): string {
  const names = [...Object.keys(properties), "x"];
  return Array.from({ length: random.between(0, 3) }, () => {
    const name = random.pick(names);
    const value = valueOf(properties[name] ?? {}, random, context);
    const written = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
    return `${name}=${encodeURIComponent(written.slice(0, 2000).toWellFormed())}`;
  }).join(random.pick(["&", "&", "&&", ";"]));
}
