import { X509Certificate, createPrivateKey } from "node:crypto";
import { isAbsolute } from "node:path";
import { type HostPort, parseHostPort } from "./address-types.ts";
import { parsedBy, type ValueType } from "./value-types.ts";

export type RedisTarget =
  | { readonly kind: "off" }
  | { readonly kind: "single"; readonly node: HostPort; readonly tls: boolean }
  | { readonly kind: "cluster"; readonly nodes: readonly HostPort[]; readonly tls: boolean }
  /** Whichever server those sentinels call the master of that name. */
  | { readonly kind: "sentinel"; readonly nodes: readonly HostPort[]; readonly name: string; readonly tls: boolean }
  | { readonly kind: "unix"; readonly path: string };

/** What a REDIS_URL says; what it leaves out comes from REDIS_DB, REDIS_USERNAME and REDIS_PASSWORD. */
export interface RedisAddress {
  readonly target: RedisTarget;
  readonly db?: number | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** The journal's store. `sqlite` paths may still be relative: they are meant inside the state folder. */
export type DatabaseTarget =
  | { readonly kind: "off" }
  | { readonly kind: "sqlite"; readonly path: string }
  | { readonly kind: "postgres"; readonly url: string };

export const REDIS_DEFAULT_PORT = 6379;
export const REDIS_MAX_DB = 65_535;

export const SENTINEL_DEFAULT_PORT = 26_379;

/** As redis.conf has it: `sentinel monitor <name>`. */
const SENTINEL_NAME = /^[\w.-]{1,128}$/;

const REDIS_PARTS = /^(rediss?|sentinels?|unix):\/\/(?:([^/?#]*)@)?([^/?#@]*)(\/[^?#]*)?(?:\?db=(\d{1,5}))?$/;

/**
 * `redis://[user[:password]@]host[:port][,host[:port]…][/db]`, the same with `rediss://` for TLS, or
 * `unix://[user[:password]@]/path[?db=n]`, or `sentinel://[user[:password]@]host[:port][,host[:port]…]/name[?db=n]`, with
 * `sentinels://` for TLS to sentinels and servers alike. Several hosts of `redis:` mean Redis Cluster. User and password,
 * the servers' own, are percent-encoded. The form is the one registered for `redis:`; the comma list is MongoDB's and libpq's.
 */
export function parseRedisUrl(text: string): RedisAddress | undefined {
  if (text === "off") return { target: { kind: "off" } };
  const [, scheme, user, authority = "", path = "", query] = REDIS_PARTS.exec(text) ?? [];
  if (scheme === undefined) return undefined;
  const credentials = parseUser(user);
  // Theirs is the path, so the database comes as a query.
  const isNamed = scheme === "unix" || scheme.startsWith("sentinel");
  const target = targetFor(scheme, authority, path);
  const db = parseDb(isNamed ? query : path.slice(1));
  if (!credentials || !target || db === null || (!isNamed && query !== undefined)) return undefined;
  return { target, db, ...credentials };
}

function targetFor(scheme: string, authority: string, path: string): RedisTarget | undefined {
  if (scheme === "unix") return unixTarget(authority, path);
  if (scheme.startsWith("sentinel")) return sentinelTarget(authority, path, scheme === "sentinels");
  return tcpTarget(authority, scheme === "rediss");
}

function tcpTarget(authority: string, tls: boolean): RedisTarget | undefined {
  const nodes = nodesOf(authority, REDIS_DEFAULT_PORT);
  const [node] = nodes ?? [];
  if (nodes === undefined || node === undefined) return undefined;
  return nodes.length > 1 ? { kind: "cluster", nodes, tls } : { kind: "single", node, tls };
}

function sentinelTarget(authority: string, path: string, tls: boolean): RedisTarget | undefined {
  const nodes = nodesOf(authority, SENTINEL_DEFAULT_PORT);
  const name = path.slice(1);
  return nodes && SENTINEL_NAME.test(name) ? { kind: "sentinel", nodes, name, tls } : undefined;
}

/** Undefined where one of them is none. */
function nodesOf(authority: string, port: number): readonly HostPort[] | undefined {
  const nodes = authority.split(",").map((item) => parseHostPort(item, port));
  return nodes.every((node): node is HostPort => node !== undefined && node.port > 0) ? nodes : undefined;
}

function unixTarget(authority: string, path: string): RedisTarget | undefined {
  return authority === "" && path.length > 1 ? { kind: "unix", path: decode(path) ?? path } : undefined;
}

/** Undefined where none is named, null where it is none. */
function parseDb(text: string | undefined): number | undefined | null {
  if (text === undefined || text === "") return undefined;
  return /^\d{1,5}$/.test(text) && Number(text) <= REDIS_MAX_DB ? Number(text) : null;
}

function parseUser(user: string | undefined): Pick<RedisAddress, "username" | "password"> | undefined {
  if (user === undefined) return {};
  const colon = user.indexOf(":");
  const username = decode(colon < 0 ? user : user.slice(0, colon));
  const password = decode(colon < 0 ? "" : user.slice(colon + 1));
  if (username === undefined || password === undefined) return undefined;
  return { username: username || undefined, password: password || undefined };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Of a certificate, or several. @throws nothing: what is none is refused. */
export function certificates(): ValueType<string> {
  return parsedBy("one or more certificates in PEM", (text) => {
    const parts = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
    return parts.length > 0 && parts.every((part) => isMadeBy(() => new X509Certificate(part))) ? text : undefined;
  });
}

export function privateKey(): ValueType<string> {
  return parsedBy("a private key in PEM, without a passphrase", (text) =>
    isMadeBy(() => createPrivateKey(text)) ? text : undefined,
  );
}

function isMadeBy(make: () => unknown): boolean {
  try {
    make();
    return true;
  } catch {
    return false;
  }
}

export function redisUrl(): ValueType<RedisAddress> {
  const allowed =
    "redis://[user:password@]host[:port][/db], the same with rediss:// (several hosts separated by commas = Cluster), sentinel://[user:password@]host[:port][,host…]/name[?db=n] or sentinels:// for TLS, unix:///path[?db=n] or off; special characters in user and password percent-encoded";
  return parsedBy(allowed, parseRedisUrl);
}

function parseDatabaseUrl(text: string): DatabaseTarget | undefined {
  if (text === "off") return { kind: "off" };
  if (text.startsWith("sqlite:")) return sqliteTarget(text.slice("sqlite:".length));
  return /^postgres(ql)?:\/\//.test(text) && URL.canParse(text) ? { kind: "postgres", url: text } : undefined;
}

/** `:memory:` is refused: a journal that forgets is `off`, said plainly. */
function sqliteTarget(rest: string): DatabaseTarget | undefined {
  const path = rest.startsWith("//") ? rest.slice(2) : rest;
  const isMisplaced = rest.startsWith("//") && !isAbsolute(path);
  if (isMisplaced || path === "" || path === ":memory:" || path.includes("\0")) return undefined;
  return { kind: "sqlite", path };
}

export function databaseUrl(): ValueType<DatabaseTarget> {
  const allowed =
    "postgres://… or postgresql://… (special characters in user and password percent-encoded), sqlite:PATH or off";
  return parsedBy(allowed, parseDatabaseUrl);
}

const LOOPBACK: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];

/** Alerts say how a machine is doing: over a network they go encrypted. */
export function webhookUrl(): ValueType<string> {
  return parsedBy("an https:// URL, or an http:// one of this machine (localhost, 127.0.0.1 or [::1])", (text) => {
    const url = URL.parse(text);
    const isOwn = url?.protocol === "http:" && LOOPBACK.includes(url.hostname);
    return url?.protocol === "https:" || isOwn ? text : undefined;
  });
}
