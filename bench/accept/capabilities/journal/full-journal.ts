import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { PrivatePostgres } from "../../../../scripts/support/private-postgres.ts";
import { PostgresStore } from "../../../../src/daemon/journal/postgres/store.ts";
import { SqliteStore } from "../../../../src/daemon/journal/sqlite/store.ts";
import type { Line } from "../../record.ts";

export const MINUTES = 365 * 24 * 60;

export interface FullJournal {
  readonly store: "sqlite" | "postgres";
  readonly env: Readonly<Record<string, string>>;
  /** Of the daemon that is to have it. */
  readonly folder: string;
}

type Use = (journal: FullJournal) => AsyncGenerator<Line>;

/** Statements up to their FROM; `i` is a row's number, from 1 to a year's minutes. */
type Inserts = () => readonly string[];

const COLUMNS =
  "id, at_ms, span_ms, requests, texts, errors, hits, misses, recycles, users, usage, level, memory_p99, computed_p99";

/** When each row was, in SQL; the first is the latest. */
export function atMinutesBefore(endMs: number): string {
  return `(${Math.floor(endMs / 60_000)} - i) * CAST(60000 AS bigint)`;
}

/** The figures of each minute. @param at as `atMinutesBefore` has it. */
export function minutesInsert(at: string): string {
  return `INSERT INTO combot_minutes (${COLUMNS}) SELECT 'y-' || i, ${at}, 60000, 600 + i % 97, 600, i % 7, 400, 200, i % 3, 12, 0.5, 0, 0.4, 31.5`;
}

/** With a journal of a year in SQLite, and then in Postgres. */
export async function* withYear(say: (progress: string) => void, inserts: Inserts, use: Use): AsyncGenerator<Line> {
  yield* withSqlite(say, inserts, use);
  yield* withPostgres(say, inserts, use);
}

async function* withSqlite(say: (progress: string) => void, inserts: Inserts, use: Use): AsyncGenerator<Line> {
  const folder = mkdtempSync(join(tmpdir(), "cd-"));
  const path = join(folder, "state", "journal.db");
  mkdirSync(join(folder, "state"));
  try {
    say("sqlite: a year of minutes");
    const store = new SqliteStore(path);
    // Its thread keeps no process.
    const awake = setInterval(() => undefined, 1000);
    await store.open();
    await store.close();
    clearInterval(awake);
    const database = new DatabaseSync(path);
    const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MINUTES})`;
    for (const insert of inserts()) database.exec(`${numbers} ${insert} FROM n`);
    database.close();
    yield* use({ store: "sqlite", env: {}, folder });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function* withPostgres(say: (progress: string) => void, inserts: Inserts, use: Use): AsyncGenerator<Line> {
  const postgres = await PrivatePostgres.start();
  const folder = mkdtempSync(join(tmpdir(), "cd-"));
  try {
    say("postgres: a year of minutes");
    const url = await postgres.database("journal");
    const store = new PostgresStore({ url: () => url, max: 1, onHeld: () => undefined, now: () => performance.now() });
    await store.open();
    await store.close();
    for (const insert of inserts()) {
      // A body is JSON there, and text in SQLite.
      const typed = insert.endsWith("}'") ? `${insert}::jsonb` : insert;
      await postgres.query(`${typed} FROM generate_series(1, ${MINUTES}) AS i`, "journal");
    }
    yield* use({ store: "postgres", env: { DATABASE_URL: url }, folder });
  } finally {
    await postgres.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}
