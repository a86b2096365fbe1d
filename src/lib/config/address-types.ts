import { isIP } from "node:net";
import { isAbsolute } from "node:path";
import { CONTROL_SOCKET, SOCKET_PATH_MAX_BYTES, socketPathFault } from "./socket-path.ts";
import { parsedBy, type ValueType } from "./value-types.ts";

export interface HostPort {
  /** A name, or a literal address without brackets; lower case. */
  readonly host: string;
  readonly port: number;
}

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?$/;
const HOST_PORT = /^(\[[^\]]+\]|[^:]+)(?::(\d{1,5}))?$/;

/** A host name or a literal address, in lower case and without brackets; undefined where it is neither. */
export function parseHost(text: string): string | undefined {
  const bracketed = /^\[(.+)\]$/.exec(text)?.[1];
  if (bracketed !== undefined) return isIP(bracketed) === 6 ? bracketed.toLowerCase() : undefined;
  const host = text.toLowerCase();
  return isIP(host) > 0 || HOST_NAME.test(host) ? host : undefined;
}

/** `host:port` or `[v6]:port`; `defaultPort` stands in for a missing one, and without it the port must be there. */
export function parseHostPort(text: string, defaultPort?: number): HostPort | undefined {
  const match = HOST_PORT.exec(text);
  const host = parseHost(match?.[1] ?? "");
  const port = match?.[2] === undefined ? defaultPort : Number(match[2]);
  return host === undefined || port === undefined || port > 65_535 ? undefined : { host, port };
}

export function host(): ValueType<string> {
  return parsedBy("a host name or address", parseHost);
}

/** Null for `off`. Port 0 lets the kernel choose. */
export function listenAddress(): ValueType<HostPort | null> {
  return parsedBy("host:port, [IPv6]:port or off", (text) => (text === "off" ? null : parseHostPort(text)));
}

export function hostList(): ValueType<readonly string[]> {
  return parsedBy("host names or addresses without ports, separated by commas", (text) => {
    const hosts = text.split(",").map((item) => parseHost(item.trim()));
    return hosts.every((item) => item !== undefined) ? [...new Set(hosts)] : undefined;
  });
}

/** The user socket. The control socket lies beside it, so both paths must fit and must differ. */
export function socketPath(): ValueType<string> {
  const allowed = `an absolute path of at most ${SOCKET_PATH_MAX_BYTES} bytes (${CONTROL_SOCKET} beside it too), not ${CONTROL_SOCKET} itself`;
  return parsedBy(allowed, (text) =>
    isAbsolute(text) && !text.includes("\0") && socketPathFault(text) === undefined ? text : undefined,
  );
}

const TRACES_PATH = "/v1/traces";

/**
 * Null for `off`. Where spans go below the collector's own URL is said by the OpenTelemetry Protocol Exporter's
 * specification (Endpoint URLs for OTLP/HTTP).
 */
export function collectorUrl(): ValueType<string | null> {
  return parsedBy("an http:// or https:// URL without user, query or fragment, or off", (text) => {
    if (text === "off") return null;
    const url = URL.parse(text);
    if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || /[?#]/.test(text)) return undefined;
    const path = url.pathname.replace(/\/+$/, "");
    return url.origin + (path.endsWith(TRACES_PATH) ? path : path + TRACES_PATH);
  });
}
