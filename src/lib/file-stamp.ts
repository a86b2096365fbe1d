import { statSync } from "node:fs";
import type { BigIntStats } from "node:fs";

/**
 * What tells without reading a file that it is the one that was read: its place on the disk, its size, and when its
 * content and its entry last changed. Written as `stat --printf=%d:%i:%s:%.9Y:%.9Z` has it.
 */
export function stampOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, secondsOf(mtimeNs), secondsOf(ctimeNs)].join(":");
}

/** Links followed; undefined where it is gone. Blocks: for files of our own. */
export function stampOfPath(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && stampOf(found);
}

const NS = 1_000_000_000n;

function secondsOf(ns: bigint): string {
  return `${ns / NS}.${String(ns % NS).padStart(9, "0")}`;
}
