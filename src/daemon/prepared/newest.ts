import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { stampOfPath } from "../../lib/file-stamp.ts";
import { strangerOf } from "../../lib/ownership.ts";
import { MIB } from "../../lib/units.ts";
import { MAKING } from "./files.ts";
import { faultOfFolder } from "./seal.ts";

/** A folder that was read to the last byte, and is as it was sealed. */
export interface WholeFolder {
  readonly folder: string;
  /** Of its files by their names, from before they were read. */
  readonly stamps: Readonly<Record<string, string>>;
}

/** The clock that files are stamped by moves in steps: what was written within the last one may be written again unseen. */
const CLOCK_STEP_MS = 20;

/** A start waits for the end of it, and the daemon's own look would be made beside the first worker's. */
const MOST_BYTES = 512 * MIB;

/**
 * Checks the folder that was used last: a restart serves what served before. Undefined where it is not whole, or so big
 * that it is better read by whoever needs it.
 */
export async function checkNewest(dir: string): Promise<WholeFolder | undefined> {
  const folder = newestIn(dir);
  if (folder === undefined || strangerOf(folder) !== undefined) return undefined;
  const stamps = stampsIn(folder);
  if (stamps === undefined || !isWorthReading(folder, Object.keys(stamps))) return undefined;
  return (await faultOfFolder(folder)) === undefined ? { folder, stamps } : undefined;
}

/** Of all that lies in the folder; undefined where that can't be told. */
export function stampsIn(folder: string): Record<string, string> | undefined {
  try {
    return Object.fromEntries(readdirSync(folder).map((name) => [name, stampOfPath(join(folder, name)) ?? ""]));
  } catch {
    return undefined;
  }
}

function newestIn(dir: string): string | undefined {
  try {
    const folders = readdirSync(dir).filter((name) => !name.endsWith(MAKING));
    const dated = folders.map((name) => join(dir, name)).map((path) => ({ path, atMs: statSync(path).mtimeMs }));
    return dated.toSorted((a, b) => b.atMs - a.atMs)[0]?.path;
  } catch {
    return undefined;
  }
}

function isWorthReading(folder: string, names: readonly string[]): boolean {
  const found = names.map((name) => statSync(join(folder, name)));
  const isFresh = found.some(({ ctimeMs }) => Math.abs(Date.now() - ctimeMs) < CLOCK_STEP_MS);
  return !isFresh && found.reduce((sum, { size }) => sum + size, 0) <= MOST_BYTES;
}
