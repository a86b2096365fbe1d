import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { execFileSync } from "node:child_process";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { PostgresStore } from "../../../src/daemon/journal/postgres/store.ts";
import { SqliteStore } from "../../../src/daemon/journal/sqlite/store.ts";
import { postgresCommands, PrivatePostgres } from "../../../scripts/support/private-postgres.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { decisionAt, startJournal } from "./running-journal.ts";

const SOON = { timeout: 60_000, interval: 50 };
/** Each is one more chance to say that it is written again. */
const TRIES = 4;

/** A store that counts how often it was opened. */
function counting<S extends SqliteStore | PostgresStore>(store: S): { store: S; tries: () => number } {
  let tries = 0;
  const open = store.open.bind(store);
  store.open = () => {
    tries++;
    return open();
  };
  return { store, tries: () => tries };
}

/** While the fault lasts it is down, says so once, and is up when a write has succeeded. */
async function expectDownThroughout(store: SqliteStore | PostgresStore, fault: () => unknown, end: () => unknown) {
  const counted = counting(store);
  const { journal, told } = startJournal(counted.store);
  await expect.poll(() => journal.state.state, SOON).toBe("up");
  await fault();
  journal.decision(decisionAt(1));
  await expect.poll(() => journal.state.state, SOON).toBe("down");
  const from = counted.tries();
  await expect
    .poll(() => {
      expect(told.map(({ state }) => state)).toEqual(["down"]);
      return counted.tries() - from;
    }, SOON)
    .toBeGreaterThanOrEqual(TRIES);
  expect(journal.state).toMatchObject({ state: "down", waiting: 1, written: 0 });
  await end();
  await expect.poll(() => journal.state, SOON).toMatchObject({ state: "up", waiting: 0, written: 1 });
  expect(told.map(({ state, written }) => [state, written])).toEqual([
    ["down", 0],
    ["up", 1],
  ]);
  await journal.stop();
}

test("an SQLite file that is locked for long", { timeout: 60_000 }, async () => {
  const path = join(temporaryFolder(), "journal.db");
  let other: DatabaseSync;
  const lock = (): void => (other = new DatabaseSync(path)).exec("BEGIN EXCLUSIVE");
  await expectDownThroughout(new SqliteStore(path), lock, () => other.close());
});

test("an SQLite file that was locked before it was opened is not up while nothing waits", async () => {
  const path = join(temporaryFolder(), "journal.db");
  await new SqliteStore(path).open();
  const other = new DatabaseSync(path);
  other.exec("BEGIN IMMEDIATE");
  const { store, tries } = counting(new SqliteStore(path));
  const { journal, told } = startJournal(store);
  await expect.poll(tries, SOON).toBeGreaterThanOrEqual(3);
  expect(told.map(({ state }) => state)).toEqual(["down"]);
  other.close();
  await expect.poll(() => journal.state.state, SOON).toBe("up");
});

test.skipIf(process.getuid?.() !== 0)(
  "a full disk (root alone can mount a small one) is told also while nothing waits",
  { timeout: 60_000 },
  async () => {
    const folder = temporaryFolder();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]);
    onTestFinished(() => void execFileSync("umount", ["-l", folder]));
    const path = join(folder, "journal.db");
    const first = new SqliteStore(path);
    await first.open();
    await first.close();
    execFileSync("sh", ["-c", `cat /dev/zero > ${join(folder, "filler")} 2>/dev/null || true`]);
    const { store, tries } = counting(new SqliteStore(path));
    const { journal, told } = startJournal(store);
    await expect.poll(tries, SOON).toBeGreaterThanOrEqual(2);
    expect(told.map(({ state }) => state)).toEqual(["down"]);
    execFileSync("rm", [join(folder, "filler")]);
    await expect.poll(() => journal.state.state, SOON).toBe("up");
  },
);

describe.skipIf(postgresCommands() === undefined && !process.env["CI"])(
  "postgres (not where it is not installed)",
  () => {
    let server: PrivatePostgres;
    beforeAll(async () => void (server = await PrivatePostgres.start()));
    afterAll(() => server.remove());

    const storeIn = async (name: string): Promise<PostgresStore> => {
      const url = await server.database(name);
      return new PostgresStore({ url: () => url, max: 3, onHeld: () => undefined, now: () => performance.now() });
    };

    test("a table that is locked for long", { timeout: 90_000 }, async () => {
      const store = await storeIn("locked");
      const other = new pg.Client({ connectionString: server.url("locked") });
      await other.connect();
      onTestFinished(() => other.end());
      const lock = (): Promise<unknown> => other.query("BEGIN; LOCK TABLE combot_decisions IN ACCESS EXCLUSIVE MODE");
      await expectDownThroughout(store, lock, () => other.query("ROLLBACK"));
    });

    test("a database that takes no writes", async () => {
      const set = (value: string): Promise<unknown> =>
        server.query(`ALTER DATABASE unwritable SET default_transaction_read_only = ${value}`);
      await server.database("unwritable");
      const fault = async (): Promise<void> => {
        await set("on");
        await server.cut();
      };
      const end = async (): Promise<void> => {
        await set("off");
        await server.cut();
      };
      await expectDownThroughout(await storeIn("unwritable"), fault, end);
    });
  },
);
