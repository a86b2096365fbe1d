import type { DatabaseSync } from "node:sqlite";

/** All of `work` or nothing, under the write lock. */
export function atOnce(database: DatabaseSync, work: () => void): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    work();
    database.exec("COMMIT");
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

/** SQLite has ended it already after some failures (a full disk), and Node before 22.16 doesn't say whether it has. */
function rollBack(database: DatabaseSync): void {
  try {
    database.exec("ROLLBACK");
  } catch {
    // There was none any more.
  }
}
