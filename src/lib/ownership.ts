import { lstatSync } from "node:fs";

const ROOT = 0;

/**
 * Whose a file is that we wrote, if it isn't ours: nothing of what we keep is believed where another user may have
 * put it. Root's is ours, since root could have changed our own.
 *
 * @returns why it isn't trusted; undefined where it is, and where nothing is there.
 */
export function strangerOf(path: string): string | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return undefined;
  if (found.isSymbolicLink()) return `${path} is a link, and combot makes none there`;
  const ours = process.geteuid?.() ?? found.uid;
  if (found.uid === ours || found.uid === ROOT) return undefined;
  return `${path} belongs to the user ${found.uid}, and combot runs as ${ours}`;
}
