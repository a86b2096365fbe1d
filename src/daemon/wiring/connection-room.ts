import { readFileSync } from "node:fs";

/** Of one address or socket. An idle connection costs some 6 KB. */
const MOST = 4096;
/** For the control socket, workers, Redis, the journal and files. */
const RESERVED_FILES = 512;
/** The user socket, and a TCP address. */
const CROWDED = 2;
const FEWEST = 64;

/** How many connections one of those that anybody may come to takes, so that not all of them together use up the open files. */
export function connectionRoom(openFiles: number = openFilesLimit()): number {
  return Math.max(FEWEST, Math.min(MOST, Math.floor((openFiles - RESERVED_FILES) / CROWDED)));
}

/** Node has raised its own as far as it may be. */
function openFilesLimit(): number {
  try {
    const limit = readFileSync("/proc/self/limits", "utf8").match(/^Max open files\s+(\d+)/m)?.[1];
    return limit === undefined ? Infinity : Number(limit);
  } catch {
    return Infinity;
  }
}
