import type { EventKind } from "../events.ts";
import { pendingMigrations, READ_SCHEMA, SCHEMA_TABLE, WRITE_SCHEMA } from "../migrations.ts";
import { statementsIn } from "../statements.ts";
import type { Statements } from "../statements.ts";
import { NO_END } from "../store.ts";
import type {
  Batch,
  DecidedStretch,
  HistoryRow,
  InboxStore,
  KeptMoment,
  KeptText,
  PoolState,
  Store,
} from "../store.ts";
import { decidedOf, inboxCountOf, inboxRowOf, momentOf, textOf, timeOf } from "../rows.ts";
import { Connections } from "./connections.ts";
import type { ConnectionsOptions, Query } from "./connections.ts";
import { numbered, POSTGRES } from "./dialect.ts";
import { faultOf } from "./faults.ts";

/** Taken while the schema is brought up to date: an arbitrary number, the same in every release ("combot" in ASCII). */
const MIGRATION_LOCK = "109304441829236";

/** Postgres, over a pool of connections. */
export class PostgresStore implements Store {
  readonly kind = "postgres";
  readonly file = null;
  readonly inbox: InboxStore = {
    list: async ({ sinceMs, least, model, which, limit, offset }) =>
      (await this.#rows("inbox", this.#statements.inbox.list, [sinceMs, least, model, which, limit, offset])).map(
        inboxRowOf,
      ),
    counts: async (sinceMs, model) =>
      (await this.#rows("inbox", this.#statements.inbox.counts, [sinceMs, model])).map(inboxCountOf),
    label: async (given) =>
      (await this.#rows("inbox", this.#statements.inbox.label, [JSON.stringify(given)])).map(({ digest }) =>
        String(digest),
      ),
    forget: (digests) => this.#forget(digests),
  };
  readonly #connections: Connections;
  readonly #statements: Statements = statementsIn(POSTGRES);
  #ready: Promise<void> | undefined;

  constructor(options: ConnectionsOptions) {
    this.#connections = new Connections(options);
  }

  get pool(): PoolState {
    return this.#connections.state;
  }

  open(): Promise<void> {
    this.#ready ??= this.#try("migrate", migrate).catch((fault: unknown) => {
      this.#ready = undefined;
      throw fault;
    });
    return this.#ready;
  }

  async write(batch: Batch, attempt: string): Promise<void> {
    await this.#with("write", async (query) => {
      for (const [kind, rows] of Object.entries(batch)) {
        for (const { sql, wantsAttempt } of this.#statements.write[kind as EventKind]) {
          await query(numbered(sql), [`[${rows.join(",")}]`, ...(wantsAttempt ? [attempt] : [])]);
        }
      }
    });
  }

  async probe(attempt: string): Promise<void> {
    await this.#with("probe", async (query) => {
      for (const sql of this.#statements.probe) await query(numbered(sql), [`probe-${attempt}`]);
    });
  }

  decisions(sinceMs: number, limit: number, untilMs = NO_END): Promise<unknown[]> {
    return this.#bodies("decisions", sinceMs, limit, untilMs);
  }

  alerts(sinceMs: number, limit: number): Promise<unknown[]> {
    return this.#bodies("alerts", sinceMs, limit, NO_END);
  }

  history(sinceMs: number, stepMs: number, untilMs = NO_END): Promise<HistoryRow[]> {
    const sql = numbered(this.#statements.history);
    return this.#with("history", (query) => query(sql, [sinceMs, stepMs, untilMs])) as Promise<HistoryRow[]>;
  }

  modelHistory(model: string, sinceMs: number, stepMs: number, untilMs = NO_END): Promise<HistoryRow[]> {
    const asked = this.#rows("history", this.#statements.modelHistory, [sinceMs, stepMs, untilMs, model]);
    return asked as Promise<HistoryRow[]>;
  }

  async modelNames(sinceMs: number, untilMs = NO_END): Promise<string[]> {
    const rows = await this.#rows("history", this.#statements.modelNames, [sinceMs, untilMs]);
    return rows.map(({ model }) => String(model));
  }

  async moments(sinceMs: number, stepMs: number, untilMs: number): Promise<KeptMoment[]> {
    const sql = numbered(this.#statements.moments);
    return (await this.#with("moments", (query) => query(sql, [sinceMs, stepMs, untilMs]))).map(momentOf);
  }

  async answers(sinceMs: number, stepMs: number): Promise<DecidedStretch[]> {
    return (await this.#rows("answers", this.#statements.answers, [sinceMs, stepMs, NO_END])).map(decidedOf);
  }

  async oldestMs(): Promise<number | null> {
    const [row] = await this.#with("oldest", (query) => query(this.#statements.oldest));
    return timeOf(row);
  }

  async frequentTexts(limit: number): Promise<KeptText[]> {
    const sql = numbered(this.#statements.frequentTexts);
    return (await this.#with("texts", (query) => query(sql, [limit]))).map(textOf);
  }

  async newestMs(beforeMs: number): Promise<number | null> {
    const [row] = await this.#with("newest", (query) => query(numbered(this.#statements.newest), [beforeMs]));
    return timeOf(row);
  }

  prune(beforeMs: number): Promise<number> {
    return this.#with("prune", async (query) => {
      const { prune, pruneTexts } = this.#statements;
      let removed = 0;
      for (const sql of prune) removed += (await query(`${numbered(sql)} RETURNING 1`, [beforeMs])).length;
      for (const sql of pruneTexts) removed += (await query(`${sql} RETURNING 1`)).length;
      return removed;
    });
  }

  release(): Promise<void> {
    return this.#connections.close();
  }

  close(): Promise<void> {
    return this.#connections.close();
  }

  /** What the server keeps of it until its next VACUUM is its owner's affair. */
  #forget(digests: readonly string[] | null): Promise<number> {
    const { forget, forgetAll } = this.#statements.inbox;
    const given = digests ? [JSON.stringify(digests.map((digest) => ({ digest })))] : [];
    return this.#with("inbox", async (query) => {
      let removed = 0;
      for (const sql of digests ? forget : forgetAll)
        removed += (await query(`${numbered(sql)} RETURNING 1`, given)).length;
      return removed;
    });
  }

  #rows(where: string, sql: string, values: (string | number)[]): Promise<Record<string, unknown>[]> {
    return this.#with(where, (query) => query(numbered(sql), values));
  }

  async #bodies(of: "decisions" | "alerts", sinceMs: number, limit: number, untilMs: number): Promise<unknown[]> {
    // A bigint knows no -Infinity.
    const since = Math.max(sinceMs, 0);
    const rows = await this.#with(of, (query) => query(numbered(this.#statements[of]), [since, limit, untilMs]));
    return rows.map(({ body }) => body);
  }

  async #with<T>(where: string, work: (query: Query) => Promise<T>): Promise<T> {
    await this.open();
    return this.#try(where, work);
  }

  async #try<T>(where: string, work: (query: Query) => Promise<T>): Promise<T> {
    try {
      return await this.#connections.with(where, work);
    } catch (error) {
      const fault = faultOf(error);
      // Whoever took the tables away may bring them back, or an empty database: looked at again by the next call.
      if (fault.kind !== "refused") this.#ready = undefined;
      throw fault;
    }
  }
}

/** One transaction under one lock, so that two daemons do it once. */
async function migrate(query: Query): Promise<void> {
  await query(`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`);
  const [table] = await query("SELECT to_regclass('combot_schema') IS NOT NULL AS is_there");
  // Whoever may not make tables can use those that are there.
  if (!table?.["is_there"]) await query(SCHEMA_TABLE);
  const [row] = await query(READ_SCHEMA);
  const found = row && { version: Number(row["version"]), readableFrom: Number(row["readable_from"]) };
  for (const { version, readableFrom, postgres } of pendingMigrations(found)) {
    await query(postgres);
    await query(numbered(WRITE_SCHEMA), [version, readableFrom, Date.now()]);
  }
}
