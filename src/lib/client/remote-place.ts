import { CombotError } from "../errors.ts";
import type { Remote } from "./place.ts";

const PROTOCOLS = ["http:", "https:"];

/**
 * A daemon elsewhere. What is in the URL but its place is not quoted: it may be a password.
 *
 * @param from where the URL was given.
 * @throws {CombotError} `USAGE`
 */
export function remotePlace(from: string, text: string, token?: Remote["token"]): Remote {
  const url = URL.parse(text);
  if (!url || !PROTOCOLS.includes(url.protocol))
    throw new CombotError(
      "USAGE",
      `${from}: give http://HOST:PORT or https://HOST, the daemon's COMBOT_LISTEN or a proxy before it.`,
    );
  if (url.username !== "" || url.password !== "")
    throw new CombotError(
      "USAGE",
      `${from}: no user or password belongs in it; the daemon takes a token, which is given by itself.`,
    );
  if (url.search !== "" || url.hash !== "")
    throw new CombotError("USAGE", `${from}: leave out what begins with ? or #.`);
  return { url, token };
}

/** As a header can carry it. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}
