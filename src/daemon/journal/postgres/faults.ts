import { messageOf } from "../../../lib/errors.ts";
import type { FaultKind } from "../store.ts";
import { StoreFault } from "../store.ts";

/** By the class of the SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html); others are `away`. */
const KINDS: Readonly<Record<string, FaultKind>> = {
  "22": "refused",
  "23": "refused",
  "25": "read-only",
  "42": "read-only",
};
const BY_CODE: Readonly<Record<string, FaultKind>> = { "53100": "full", "55P03": "locked", "57014": "locked" };

/** Five characters where the server has answered; a connection that failed has none. */
export function sqlStateOf(thrown: unknown): string | undefined {
  const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
  return /^[0-9A-Z]{5}$/.test(code) && "severity" in (thrown as object) ? code : undefined;
}

/**
 * The server says that it is not the one any more, or goes: read-only since it is a standby, shutting down, crashed,
 * starting, its database or our login gone, or a pooler without a server.
 */
export function saysNotHere(thrown: unknown): boolean {
  const code = sqlStateOf(thrown) ?? "";
  return code === "25006" || code === "3D000" || ["57P", "08", "28"].some((start) => code.startsWith(start));
}

export function faultOf(thrown: unknown): StoreFault {
  if (thrown instanceof StoreFault) return thrown;
  const code = sqlStateOf(thrown) ?? "";
  const kind = BY_CODE[code] ?? KINDS[code.slice(0, 2)] ?? "away";
  // A refused value is quoted in the server's message, and may be a text.
  const said = kind === "refused" ? `a row was refused (SQLSTATE ${code})` : messageOf(thrown) || "no connection";
  return new StoreFault(kind, `Postgres: ${said}`);
}
