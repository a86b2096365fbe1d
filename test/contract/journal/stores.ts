import { DatabaseSync } from "node:sqlite";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, onTestFinished } from "vitest";
import { PostgresStore } from "../../../src/daemon/journal/postgres/store.ts";
import { SqliteStore } from "../../../src/daemon/journal/sqlite/store.ts";
import type { Store } from "../../../src/daemon/journal/store.ts";
import { postgresCommands, PrivatePostgres } from "../../../scripts/support/private-postgres.ts";
import { temporaryFolder } from "../../support/temporary.ts";

/** One empty database, and what may be done with it beside the store. */
export interface Backend {
  /** A store over it; closed when the test ends. */
  readonly open: () => Store;
  /** Runs SQL in it, several statements at once. */
  readonly run: (sql: string) => Promise<void>;
  /** The rows of one statement. */
  readonly rows: (sql: string) => Promise<Record<string, unknown>[]>;
}

let server: PrivatePostgres | undefined;
let databases = 0;

const BACKENDS: Readonly<Record<Store["kind"], () => Promise<Backend>>> = {
  sqlite: async () => {
    const path = join(temporaryFolder(), "state", "journal.db");
    const using = async <T>(work: (database: DatabaseSync) => T): Promise<T> => {
      mkdirSync(dirname(path), { recursive: true });
      const database = new DatabaseSync(path);
      try {
        return work(database);
      } finally {
        database.close();
      }
    };
    return {
      open: () => closedAfterwards(new SqliteStore(path)),
      run: (sql) => using((database) => database.exec(sql)),
      rows: (sql) => using((database) => database.prepare(sql).all() as Record<string, unknown>[]),
    };
  },
  postgres: async () => {
    if (!server) throw new Error("no server");
    const name = `journal${++databases}`;
    const url = await server.database(name);
    const rows = async (sql: string): Promise<Record<string, unknown>[]> => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      try {
        return (await client.query(sql)).rows as Record<string, unknown>[];
      } finally {
        await client.end();
      }
    };
    return {
      open: () =>
        closedAfterwards(
          new PostgresStore({ url: () => url, max: 4, onHeld: () => undefined, now: () => performance.now() }),
        ),
      run: async (sql) => void (await rows(sql)),
      rows,
    };
  },
};

function closedAfterwards<S extends Store>(store: S): S {
  onTestFinished(() => store.close());
  return store;
}

/** Runs the suite over every store that this machine has; under CI it must have them all. */
export function describeEachStore(
  what: string,
  suite: (kind: Store["kind"], backend: () => Promise<Backend>) => void,
): void {
  const hasPostgres = postgresCommands() !== undefined;
  if (!hasPostgres && process.env["CI"]) throw new Error("CI wants Postgres: apt-get install postgresql");
  describe(`sqlite ${what}`, () => {
    suite("sqlite", BACKENDS.sqlite);
  });
  describe.skipIf(!hasPostgres)(`postgres (not where it is not installed) ${what}`, () => {
    beforeAll(async () => {
      server = await PrivatePostgres.start();
    });
    afterAll(async () => {
      await server?.remove();
      server = undefined;
    });
    suite("postgres", BACKENDS.postgres);
  });
}
