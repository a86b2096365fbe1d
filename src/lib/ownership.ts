import { lstatSync } from "node:fs";
import type { Stats } from "node:fs";
import { systemCodeOf } from "./errors.ts";

const ROOT = 0;

/**
 * Whose a file is that we wrote, if it isn't ours: nothing of what we keep is believed where another user may have
 * put it. Root's is ours, since root could have changed our own.
 *
 * @returns why it isn't trusted; undefined where it is, and where nothing is there.
 */
export function strangerOf(path: string): string | undefined {
  const found = statusOf(path);
  if (!found) return undefined;
  if (found.isSymbolicLink()) return `${path} is a link, and combot makes none there`;
  const ours = process.geteuid?.() ?? found.uid;
  if (found.uid === ours || found.uid === ROOT) return undefined;
  return `${path} belongs to the user ${found.uid}, and combot runs as ${ours}`;
}

/** A file where a folder should be leads nowhere either. */
function statusOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (systemCodeOf(error) === "ENOTDIR") return undefined;
    throw error;
  }
}
