import { chmodSync, copyFileSync, existsSync, renameSync, rmSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { pendingMigrations, READ_SCHEMA } from "../migrations.ts";
import { TABLES } from "../statements.ts";
import { StoreFault } from "../store.ts";
import type { StoreRows } from "../store.ts";
import { faultOf } from "./faults.ts";

const { backup, DatabaseSync: Database } = process.getBuiltinModule("node:sqlite");

/** Pages copied at a time: some milliseconds in which nobody else can write. */
const PAGES = 500;
const STAGED = ".restoring";
const REPLACED = ".replaced";
const LOGS = ["-wal", "-shm"];

export function countRows(database: DatabaseSync): StoreRows {
  const count = (table: string): number => Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.["n"]);
  return {
    decisions: count(TABLES.decision),
    minutes: count(TABLES.minute),
    alerts: count(TABLES.alert),
    texts: count(TABLES.texts),
  };
}

/** Node before 22.16 has no backup API. */
export async function copyTo(database: DatabaseSync, path: string): Promise<void> {
  if (typeof backup === "function") await backup(database, path, { rate: PAGES });
  else database.exec(`VACUUM INTO '${path.replaceAll("'", "''")}'`);
  chmodSync(path, 0o600);
}

/** One file without a log beside it. @returns what it has. */
export function sealCopy(path: string): StoreRows {
  const database = new Database(path);
  try {
    database.exec("PRAGMA journal_mode = DELETE");
    return countRows(database);
  } finally {
    database.close();
  }
}

/** Looks through the whole copy and changes nothing. @throws {StoreFault} */
export function inspectCopy(path: string): StoreRows {
  try {
    const database = new Database(path, { readOnly: true });
    try {
      const found = database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
      if (found !== "ok") throw new StoreFault("corrupt", `${path}: ${String(found)}`);
      const row = database.prepare(READ_SCHEMA).get();
      if (!row) throw new StoreFault("corrupt", `${path}: it is no journal`);
      pendingMigrations({ version: Number(row["version"]), readableFrom: Number(row["readable_from"]) });
      return countRows(database);
    } finally {
      database.close();
    }
  } catch (error) {
    throw faultOf(error, path);
  }
}

/** Beside what it will replace, so that a rename does it. */
export function stageCopy(from: string, path: string): void {
  rmSync(path + STAGED, { force: true });
  copyFileSync(from, path + STAGED);
  chmodSync(path + STAGED, 0o600);
}

/** The database is closed. */
export function replaceWithStaged(path: string): void {
  for (const suffix of ["", ...LOGS])
    if (existsSync(path + suffix)) renameSync(path + suffix, path + REPLACED + suffix);
  renameSync(path + STAGED, path);
}

export function putBack(path: string): void {
  for (const suffix of ["", ...LOGS]) {
    rmSync(path + suffix, { force: true });
    if (existsSync(path + REPLACED + suffix)) renameSync(path + REPLACED + suffix, path + suffix);
  }
}

export function forgetReplaced(path: string): void {
  for (const suffix of ["", ...LOGS]) rmSync(path + REPLACED + suffix, { force: true });
}

/** A restore that was cut off: done where the copy has its name already, else as if it had not begun. */
export function endInterrupted(path: string): void {
  rmSync(path + STAGED, { force: true });
  if (!existsSync(path + REPLACED)) return;
  if (existsSync(path)) forgetReplaced(path);
  else putBack(path);
}
