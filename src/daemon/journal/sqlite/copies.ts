import { chmodSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { pendingMigrations, READ_SCHEMA } from "../migrations.ts";
import { strangeObject } from "./made-objects.ts";
import { TABLES } from "../statements.ts";
import { StoreFault } from "../store.ts";
import type { StoreRows } from "../store.ts";
import { faultOf } from "./faults.ts";

const { backup, DatabaseSync: Database } = process.getBuiltinModule("node:sqlite");

/** Pages copied at a time: some milliseconds in which nobody else can write. */
const PAGES = 500;

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

/**
 * Looks through the whole copy and changes nothing. What runs by itself (a trigger, a view, a computed column) would do so
 * in the daemon, so the tables are those that combot makes and nothing is beside them.
 *
 * @throws {StoreFault}
 */
export function inspectCopy(path: string): StoreRows {
  try {
    const database = new Database(path, { readOnly: true });
    try {
      const found = database.prepare("PRAGMA quick_check(1)").get()?.["quick_check"];
      if (found !== "ok") throw new StoreFault("corrupt", `${path}: ${String(found)}`);
      const row = database.prepare(READ_SCHEMA).get();
      if (!row) throw new StoreFault("corrupt", `${path}: it is no journal`);
      const schema = { version: Number(row["version"]), readableFrom: Number(row["readable_from"]) };
      pendingMigrations(schema);
      const strange = strangeObject(database, schema.version);
      if (strange !== undefined) throw new StoreFault("corrupt", `${path}: it has ${strange}`);
      return countRows(database);
    } finally {
      database.close();
    }
  } catch (error) {
    throw faultOf(error, path);
  }
}
