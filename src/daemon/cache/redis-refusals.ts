import { messageOf } from "../../lib/errors.ts";

/** Redis said no. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === "ReplyError";
}

/**
 * It says that this server, or this login, is not the one any more: a master that became a replica, one that is still
 * loading, a password that was changed. Where the name leads by now somebody else may answer.
 */
const NOT_HERE = /\b(?:READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|NOAUTH|WRONGPASS|invalid password)\b/u;

export function saysNotHere(error: unknown): boolean {
  return error instanceof Error && NOT_HERE.test(error.message);
}

/** Of the ones above those that refuse reads as well: there is nobody to ask. */
export function refusesAll(error: unknown): boolean {
  return isRefusal(error) && saysNotHere(error) && !messageOf(error).startsWith("READONLY");
}

/** What lies under the key is a list, a hash or the like. */
export function isWrongType(error: unknown): boolean {
  return isRefusal(error) && messageOf(error).startsWith("WRONGTYPE");
}

/** The login may not use the command, or the key. */
export function isForbidden(error: unknown): boolean {
  return isRefusal(error) && messageOf(error).startsWith("NOPERM");
}

const LONGEST = 200;

/** Without the arguments that some refusals repeat: they are keys. */
export function tellable(error: unknown): string {
  return messageOf(error)
    .split(/, with args|\n/u)[0]!
    .slice(0, LONGEST);
}
