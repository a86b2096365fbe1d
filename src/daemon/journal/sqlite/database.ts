import { closeSync, existsSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { EventKind } from "../events.ts";
import { pendingMigrations, READ_SCHEMA, SCHEMA_TABLE, WRITE_SCHEMA } from "../migrations.ts";
import type { FoundSchema } from "../migrations.ts";
import { timeOf } from "../rows.ts";
import { statementsIn } from "../statements.ts";
import type { Batch, StoreRows } from "../store.ts";
import { byName, SQLITE } from "./dialect.ts";
import { copyTo, countRows, inspectCopy, sealCopy } from "./copies.ts";
import { faultOf } from "./faults.ts";
import { endInterrupted, forgetReplaced, putBack, replaceWithStaged, stageCopy } from "./replacement.ts";
import { atOnce } from "./transaction.ts";

const { DatabaseSync: Database } = process.getBuiltinModule("node:sqlite");

const STATEMENTS = statementsIn(SQLITE);
/** Whoever else holds the file is waited for so long; then the journal tries again by itself. */
const BUSY_MS = 1000;
const ASIDE_KEPT = 3;
// What is removed is overwritten: it may have been somebody's text.
// Node before 22.16 passes over the option of its constructor that would say how long to wait.
const PRAGMAS = `PRAGMA busy_timeout = ${BUSY_MS}; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -512;
  PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 4194304; PRAGMA secure_delete = ON;`;

type Row = Record<string, unknown>;

/**
 * The SQLite file, read and written by the one thread that has this object. WAL with synchronous=NORMAL: what was
 * written outlives the process, however it ends; a power cut may cost the last moments, and breaks nothing.
 */
export class SqliteDatabase {
  readonly #path: string;
  readonly #statements = new Map<string, StatementSync>();
  #isLookedAt = false;
  #open: { readonly database: DatabaseSync; readonly inode: number } | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  open(): void {
    this.#try(() => this.#database());
  }

  write(batch: Batch, attempt: string): void {
    this.#atOnce(() => {
      for (const [kind, rows] of Object.entries(batch)) {
        for (const { sql, wantsAttempt } of STATEMENTS.write[kind as EventKind]) {
          this.#prepare(sql).run(byName(`[${rows.join(",")}]`, ...(wantsAttempt ? [attempt] : [])));
        }
      }
    });
  }

  probe(attempt: string): void {
    this.#atOnce(() => {
      for (const sql of STATEMENTS.probe) this.#prepare(sql).run(byName(`probe-${attempt}`));
    });
  }

  bodies(of: "decisions" | "alerts", sinceMs: number, limit: number, untilMs: number): unknown[] {
    const rows = this.#all(STATEMENTS[of], sinceMs, limit, untilMs);
    return rows.map(({ body }) => JSON.parse(String(body)) as unknown);
  }

  /** Of the history, of the moments, or of what was decided. */
  stretches(of: "history" | "moments" | "answers", sinceMs: number, stepMs: number, untilMs: number): Row[] {
    return this.#all(STATEMENTS[of], sinceMs, stepMs, untilMs).map((row) => ({ ...row }));
  }

  modelHistory(model: string, sinceMs: number, stepMs: number, untilMs: number): Row[] {
    return this.rowsOf(STATEMENTS.modelHistory, sinceMs, stepMs, untilMs, model);
  }

  modelNames(sinceMs: number, untilMs: number): Row[] {
    return this.rowsOf(STATEMENTS.modelNames, sinceMs, untilMs);
  }

  oldestMs(): number | null {
    return timeOf(this.#all(STATEMENTS.oldest)[0]);
  }

  frequentTexts(limit: number): Row[] {
    return this.rowsOf(STATEMENTS.frequentTexts, limit);
  }

  rowsOf(sql: string, ...parameters: readonly (string | number)[]): Row[] {
    return this.#all(sql, ...parameters).map((row) => ({ ...row }));
  }

  /** Their bytes are left in no log either. @param digests null: all. */
  forget(digests: readonly string[] | null): number {
    const { forget, forgetAll } = STATEMENTS.inbox;
    const given = digests ? [JSON.stringify(digests.map((digest) => ({ digest })))] : [];
    let removed = 0;
    this.#atOnce(() => {
      for (const sql of digests ? forget : forgetAll)
        removed += Number(this.#prepare(sql).run(byName(...given)).changes);
    });
    this.#try(() => this.#database().exec("PRAGMA wal_checkpoint(TRUNCATE)"));
    return removed;
  }

  newestMs(beforeMs: number): number | null {
    return timeOf(this.#all(STATEMENTS.newest, beforeMs)[0]);
  }

  prune(beforeMs: number): number {
    return this.#try(() => {
      const removed = STATEMENTS.prune.map((sql) => Number(this.#prepare(sql).run(byName(beforeMs)).changes));
      for (const sql of STATEMENTS.pruneTexts) removed.push(Number(this.#prepare(sql).run().changes));
      return removed.reduce((sum, changes) => sum + changes, 0);
    });
  }

  rows(): StoreRows {
    return this.#try(() => countRows(this.#database()));
  }

  /** Page by page on another thread, so that what is written meanwhile gets its turn. */
  async backup(path: string): Promise<StoreRows> {
    const database = this.#try(() => this.#database());
    await copyTo(database, path);
    return sealCopy(path);
  }

  restore(path: string): StoreRows {
    const rows = inspectCopy(path);
    this.#try(() => {
      this.#endInterrupted();
      stageCopy(path, this.#path);
      this.close();
      replaceWithStaged(this.#path);
      try {
        this.#database();
      } catch (error) {
        this.#drop();
        putBack(this.#path);
        throw error;
      }
      forgetReplaced(this.#path);
    });
    return rows;
  }

  release(): void {
    this.#open?.database.exec("PRAGMA shrink_memory");
  }

  close(): void {
    this.#statements.clear();
    const open = this.#open;
    this.#open = undefined;
    open?.database.close();
  }

  /** All of it or nothing. */
  #atOnce(work: () => void): void {
    this.#try(() => {
      this.#notRemoved();
      atOnce(this.#database(), work);
    });
  }

  #all(sql: string, ...parameters: readonly (string | number)[]): Row[] {
    return this.#try(() => this.#prepare(sql).all(byName(...parameters)));
  }

  #prepare(sql: string): StatementSync {
    const database = this.#database();
    const found = this.#statements.get(sql);
    if (found) return found;
    const made = database.prepare(sql);
    this.#statements.set(sql, made);
    return made;
  }

  #database(): DatabaseSync {
    if (this.#open) return this.#open.database;
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o750 });
    this.#endInterrupted();
    // Its log and its index take the mode of the file.
    closeSync(openSync(this.#path, "a", 0o600));
    const database = new Database(this.#path);
    try {
      database.exec(PRAGMAS);
      migrate(database);
    } catch (error) {
      database.close();
      throw error;
    }
    this.#open = { database, inode: statSync(this.#path).ino };
    return database;
  }

  /** What an earlier process left of a restore; once, because a restore of this one is nobody else's. */
  #endInterrupted(): void {
    if (!this.#isLookedAt) endInterrupted(this.#path);
    this.#isLookedAt = true;
  }

  /** SQLite goes on writing to a file that was removed; we begin another one. */
  #notRemoved(): void {
    if (this.#open && statSync(this.#path, { throwIfNoEntry: false })?.ino !== this.#open.inode) this.close();
  }

  #try<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      const fault = faultOf(error, this.#path);
      // Whatever it was, the next call begins afresh.
      if (fault.kind !== "refused" && fault.kind !== "locked") this.#drop();
      if (fault.kind === "corrupt") fault.message += `; it was moved to ${this.#moveAside()}, and a new one is begun`;
      throw fault;
    }
  }

  #drop(): void {
    try {
      this.close();
    } catch {
      // What can't be closed in order is gone all the same.
    }
  }

  #moveAside(): string {
    const aside = `${this.#path}.corrupt-${new Date().toISOString().replaceAll(/[:.]/g, "-")}`;
    for (const suffix of ["", "-wal", "-shm"]) {
      if (existsSync(this.#path + suffix)) renameSync(this.#path + suffix, aside + suffix);
    }
    removeOldAsides(this.#path, aside);
    return aside;
  }
}

/** Never the one just moved, whatever the clock called it. */
function removeOldAsides(path: string, newest: string): void {
  const folder = dirname(path);
  const moved = readdirSync(folder).filter((name) => name.startsWith(`${basename(path)}.corrupt-`));
  const old = moved
    .filter((name) => !/-(wal|shm)$/.test(name) && name !== basename(newest))
    .toSorted()
    .slice(0, 1 - ASIDE_KEPT);
  for (const name of moved.filter((one) => old.some((gone) => one.startsWith(gone)))) rmSync(join(folder, name));
}

/** Under the write lock, so that two daemons do it once. */
function migrate(database: DatabaseSync): void {
  atOnce(database, () => {
    database.exec(SCHEMA_TABLE);
    const row = database.prepare(READ_SCHEMA).get();
    const found: FoundSchema | undefined = row && {
      version: Number(row["version"]),
      readableFrom: Number(row["readable_from"]),
    };
    for (const { version, readableFrom, sqlite } of pendingMigrations(found)) {
      database.exec(sqlite);
      database.prepare(WRITE_SCHEMA).run(byName(version, readableFrom, Date.now()));
    }
  });
}
