import { messageOf, systemCodeOf } from "../../../lib/errors.ts";
import type { FaultKind } from "../store.ts";
import { StoreFault } from "../store.ts";

/** SQLite's primary result codes, https://www.sqlite.org/rescode.html; all others are `away`. */
const KINDS: Readonly<Record<number, FaultKind>> = {
  3: "read-only",
  5: "locked",
  6: "locked",
  8: "read-only",
  11: "corrupt",
  13: "full",
  18: "refused",
  19: "refused",
  20: "refused",
  26: "corrupt",
};
const SYSTEM: Readonly<Record<string, FaultKind>> = {
  ENOSPC: "full",
  EDQUOT: "full",
  EROFS: "read-only",
  EACCES: "read-only",
};

/** What went wrong with the file, in words that name it. */
export function faultOf(thrown: unknown, path: string): StoreFault {
  if (thrown instanceof StoreFault) return thrown;
  const code = thrown instanceof Error && "errcode" in thrown ? Number(thrown.errcode) & 0xff : undefined;
  const kind = (code === undefined ? SYSTEM[systemCodeOf(thrown) ?? ""] : KINDS[code]) ?? "away";
  return new StoreFault(kind, `${path}: ${messageOf(thrown)}`);
}
