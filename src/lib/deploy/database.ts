import { chownSync, chmodSync, copyFileSync, existsSync, lstatSync, renameSync, rmSync } from "node:fs";

/** SQLite's own files beside a database. */
const COMPANIONS = ["-wal", "-shm"];

/**
 * Saves the journal as one whole file, while a daemon may be writing it.
 *
 * @returns whether there was one.
 */
export async function saveDatabase(from: string, to: string): Promise<boolean> {
  // Not a link: the folder is the daemon's, and this runs as root.
  if (!lstatSync(from, { throwIfNoEntry: false })?.isFile()) return false;
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(from, { readOnly: true });
  try {
    const beside = `${to}.combot-new`;
    rmSync(beside, { force: true });
    database.prepare("VACUUM INTO ?").run(beside);
    chmodSync(beside, 0o600);
    renameSync(beside, to);
    return true;
  } finally {
    database.close();
  }
}

/** The schema's number, which the journal's migrations count up; 0 where there is none. */
export async function schemaVersion(path: string): Promise<number> {
  if (!existsSync(path)) return 0;
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return Number(database.prepare("SELECT max(version) AS version FROM combot_schema").get()?.["version"] ?? 0);
  } catch {
    return 0; // a database from before the first migration
  } finally {
    database.close();
  }
}

/** Puts a saved journal in the place of the present one. Nobody may have it open. */
export function restoreDatabase(
  saved: string,
  path: string,
  owner: { readonly uid: number; readonly gid: number },
): void {
  const beside = `${path}.combot-new`;
  rmSync(beside, { force: true });
  copyFileSync(saved, beside);
  chmodSync(beside, 0o640);
  chownSync(beside, owner.uid, owner.gid);
  for (const companion of COMPANIONS) rmSync(`${path}${companion}`, { force: true });
  renameSync(beside, path);
}
