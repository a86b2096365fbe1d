import type { IncomingMessage } from "node:http";

/** An absolute-form target (RFC 9112, 3.2.2): its authority, and the rest. */
const ABSOLUTE = /^https?:\/\/([^/?#]+)([^#]*)/i;
const SLASH = 0x2f;

/**
 * The target as all routes have it. That of a client which takes us for a proxy names the host, and what its Host header
 * says does not count then.
 */
export function targetOf(request: IncomingMessage): string {
  const { url = "/" } = request;
  if (url.charCodeAt(0) === SLASH) return url;
  const [, authority, rest = ""] = ABSOLUTE.exec(url) ?? [];
  if (authority === undefined) return url;
  request.headers.host = authority;
  return rest.startsWith("/") ? rest : `/${rest}`;
}

const HOST_LENGTH = 4;

/** How many Host headers it has: Node keeps the first one, and whoever stands before us may have gone by another. */
export function hostCount(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!;
    if (name.length === HOST_LENGTH && (name === "Host" || name === "host" || name.toLowerCase() === "host"))
      count += 1;
  }
  return count;
}
