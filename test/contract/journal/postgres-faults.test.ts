import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Connections } from "../../../src/daemon/journal/postgres/connections.ts";
import { PostgresStore } from "../../../src/daemon/journal/postgres/store.ts";
import { postgresCommands, PrivatePostgres } from "../../../scripts/support/private-postgres.ts";
import { decisionAt, startJournal } from "./running-journal.ts";

const SOON = { timeout: 25_000, interval: 50 };
const MAX = 3;

function storeAt(url: string): PostgresStore {
  return new PostgresStore({ url: () => url, max: MAX, onHeld: () => undefined, now: () => performance.now() });
}

describe.skipIf(postgresCommands() === undefined && !process.env["CI"])(
  "postgres (not where it is not installed)",
  () => {
    let server: PrivatePostgres;
    beforeAll(async () => {
      server = await PrivatePostgres.start();
    });
    afterAll(() => server.remove());

    /** What is recorded before, during and after the fault is all there, once. */
    async function expectOutlived(
      name: string,
      fault: () => Promise<unknown> | void,
      end: () => Promise<unknown> | void,
    ) {
      const { journal, told } = startJournal(storeAt(await server.database(name)));
      journal.decision(decisionAt(0));
      await expect.poll(() => journal.state.written, SOON).toBe(1);
      await fault();
      journal.decision(decisionAt(1));
      await expect.poll(() => journal.state.state, SOON).toBe("down");
      expect(journal.state.pool!.total).toBeLessThanOrEqual(MAX);
      for (let index = 2; index < 50; index++) journal.decision(decisionAt(index));
      await end();
      await expect.poll(() => journal.state, SOON).toMatchObject({ state: "up", waiting: 0, written: 50, dropped: 0 });
      expect(await journal.decisions({})).toHaveLength(50);
      expect(told.map(({ state }) => state)).toEqual(["down", "up"]);
      await journal.stop();
      await expect.poll(() => server.connections(), SOON).toBe(0);
      return told;
    }

    test("killed and started again", () =>
      expectOutlived(
        "killed",
        () => server.end("SIGKILL"),
        () => server.run(),
      ));
    test("shut down and started again", () =>
      expectOutlived(
        "stopped",
        () => server.end(),
        () => server.run(),
      ));
    test("frozen and thawed", () =>
      expectOutlived(
        "frozen",
        () => server.freeze(),
        () => server.thaw(),
      ));
    test("a password changed under it, and mended", async () => {
      const change = (password: string): Promise<unknown> => server.query(`ALTER USER postgres PASSWORD '${password}'`);
      const told = await expectOutlived(
        "password",
        async () => {
          await change("another");
          await server.cut();
        },
        () => change("of-this-test-alone"),
      );
      expect(told[0]?.reason).toContain("password authentication failed");
      expect(JSON.stringify(told)).not.toContain("of-this-test-alone");
    });

    test("no connection to be had", async () => {
      const held: pg.Client[] = [];
      const free = async (): Promise<void> => void (await Promise.all(held.splice(0).map((client) => client.end())));
      onTestFinished(free);
      const take = async (): Promise<boolean> => {
        const client = new pg.Client({ connectionString: server.url("crowded") });
        client.on("error", () => undefined);
        const isIn = await client.connect().then(
          () => true,
          () => false,
        );
        if (isIn) held.push(client);
        return isIn;
      };
      const crowd = async (): Promise<void> => {
        while (await take());
        await held[0]?.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'combot'",
        );
        await expect.poll(take, SOON).toBe(true);
        while (await take());
      };
      await expectOutlived("crowded", crowd, free);
    });

    test("connections cut again and again, while it writes: each event is there once", async () => {
      const { journal } = startJournal(storeAt(await server.database("cut")));
      await expect.poll(() => journal.state.state, SOON).toBe("up");
      for (let round = 0; round < 10; round++) {
        for (let index = 0; index < 200; index++) journal.decision(decisionAt(round * 200 + index));
        journal.texts(`t-${round}`, round, [{ digest: "d", count: 1, text: null }]);
        await server.cut();
      }
      await expect
        .poll(() => journal.state, SOON)
        .toMatchObject({ state: "up", waiting: 0, written: 2010, dropped: 0 });
      const rows = await server.query("SELECT count(*)::int AS n FROM combot_decisions", "cut");
      expect(rows).toEqual([{ n: 2000 }]);
      expect((await journal.frequentTexts(1))[0]).toMatchObject({ count: 10 });
    });

    test("a connection that is cut between two statements ends nothing but its work", async () => {
      const connections = new Connections({
        url: () => server.url(),
        max: MAX,
        onHeld: () => undefined,
        now: () => performance.now(),
      });
      onTestFinished(() => connections.close());
      const work = connections.with("cut", async (query) => {
        await query("BEGIN");
        await server.cut();
        // Without a listener the process would have ended by now.
        await expect.poll(() => server.connections(), SOON).toBe(0);
        await delay(100);
        return query("COMMIT");
      });
      await expect(work).rejects.toThrow(/connection/i);
      expect(connections.state).toMatchObject({ total: 0, heldLongest: null });
      expect(await connections.with("again", (query) => query("SELECT 1 AS one"))).toEqual([{ one: 1 }]);
    });

    test("at emergency no connection stays open behind a write", async () => {
      const { journal } = startJournal(storeAt(await server.database("frugal")), { isFrugal: () => true });
      journal.decision(decisionAt(1));
      await expect.poll(() => journal.state, SOON).toMatchObject({ written: 1, pool: { total: 0 } });
      journal.decision(decisionAt(2));
      await expect.poll(() => journal.state, SOON).toMatchObject({ written: 2, pool: { total: 0 } });
    });

    test("more work than connections: never more of them, and every one is told of while it is out", async () => {
      const connections = new Connections({
        url: () => server.url(),
        max: MAX,
        onHeld: () => undefined,
        now: () => performance.now(),
      });
      onTestFinished(() => connections.close());
      let most = 0;
      const work = Array.from({ length: 20 }, (_, index) =>
        connections.with(`work ${index}`, async (query) => {
          most = Math.max(most, connections.state.total);
          expect(connections.state.heldLongest?.where).toMatch(/^work/);
          return query("SELECT pg_sleep(0.02)");
        }),
      );
      await Promise.all(work);
      expect(most).toBe(MAX);
      expect(connections.state).toMatchObject({ total: MAX, idle: MAX, waiting: 0, heldLongest: null });
    });
  },
);
