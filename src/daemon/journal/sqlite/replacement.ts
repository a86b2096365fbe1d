import { chmodSync, closeSync, copyFileSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";

const STAGED = ".restoring";
const REPLACED = ".replaced";
const LOGS = ["-wal", "-shm"];

/*
 * A database is taken in the place of another in steps, each a rename, and can be cut off between any two. What lies
 * there tells how far it came: `.replaced` is made first and goes last, and the database's own name is free from the
 * first step until the copy has it, which is the moment from which the copy counts. A log belongs to one database alone:
 * SQLite would play it into any other.
 */

/** Beside what it will replace, and on the disk, so that a rename does it. */
export function stageCopy(from: string, path: string): void {
  rmSync(path + STAGED, { force: true });
  copyFileSync(from, path + STAGED);
  chmodSync(path + STAGED, 0o600);
  const file = openSync(path + STAGED, "r");
  fsyncSync(file);
  closeSync(file);
}

/** The database is closed. */
export function replaceWithStaged(path: string): void {
  for (const suffix of ["", ...LOGS])
    if (existsSync(path + suffix)) renameSync(path + suffix, path + REPLACED + suffix);
  renameSync(path + STAGED, path);
}

/** The copy has its name, and can't be used. */
export function putBack(path: string): void {
  for (const suffix of [...LOGS, ""]) rmSync(path + suffix, { force: true });
  undo(path);
}

export function forgetReplaced(path: string): void {
  for (const suffix of [...LOGS, ""]) rmSync(path + REPLACED + suffix, { force: true });
}

/** A restore that was cut off: done where the copy has its name already, else as if it had not begun. */
export function endInterrupted(path: string): void {
  rmSync(path + STAGED, { force: true });
  if (existsSync(path + REPLACED) && !existsSync(path)) undo(path);
  else forgetReplaced(path);
}

/** A log that was not moved yet is the old database's own, and stays where it is. */
function undo(path: string): void {
  for (const suffix of [...LOGS, ""])
    if (existsSync(path + REPLACED + suffix)) renameSync(path + REPLACED + suffix, path + suffix);
}
