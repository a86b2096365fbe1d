import { setTimeout as delay } from "node:timers/promises";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { PrivatePostgres } from "../../../../scripts/support/private-postgres.ts";
import { Client } from "../../../../src/lib/client.ts";
import { runClients } from "../../clients.ts";
import type { Line } from "../../record.ts";
import { shopTexts } from "../shop-texts.ts";
import { isSettled, journalOf, keepDeciding, untilJournal } from "./watch.ts";

const CLIENTS = 50;
const POOL = 5;
const FROZEN_MS = 60_000;
const CUT_FOR_MS = 60_000;
const LOOK_EVERY_MS = 100;
const DECIDE_EVERY_MS = 200;
const RECOVER_MS = 30_000;
/** An idle connection is closed after ten seconds. */
const IDLE_MS = 13_000;
const DATABASE = "journal";

type Fault = (postgres: PrivatePostgres) => Promise<void>;

const FAULTS: Readonly<Record<string, Fault>> = {
  "killed, and started again after 10 s": async (postgres) => {
    await postgres.end("SIGKILL");
    await delay(10_000);
    await postgres.run();
  },
  restarted: async (postgres) => {
    await postgres.end();
    await postgres.run();
  },
  "frozen for 60 s": async (postgres) => {
    postgres.freeze();
    await delay(FROZEN_MS);
    postgres.thaw();
  },
  "every connection cut each second for 60 s": async (postgres) => {
    const until = performance.now() + CUT_FOR_MS;
    while (performance.now() < until) {
      await postgres.cut().catch(() => undefined);
      await delay(1000);
    }
  },
};

/** Postgres goes in every way while 50 clients ask and decisions are made. */
export async function* outages(say: (progress: string) => void): AsyncGenerator<Line> {
  const postgres = await PrivatePostgres.start();
  const url = await postgres.database(DATABASE);
  const env = { LOG_LEVEL: "error", WORKERS: "1", DATABASE_URL: url, DATABASE_POOL_MAX: String(POOL) };
  const daemon = await PrivateDaemon.start({ env });
  const client = new Client({ path: daemon.socketPath, controlPath: daemon.controlPath });
  const heard = new Set<string>();
  const listening = listen(client, heard);
  try {
    let most = 0;
    let mostOnServer = 0;
    let isOver = false;
    const looking = (async () => {
      while (!isOver) {
        most = Math.max(most, (await journalOf(daemon)).pool?.total ?? 0);
        mostOnServer = Math.max(
          mostOnServer,
          await Promise.race([postgres.connections(), delay(500, 0)]).catch(() => 0),
        );
        await delay(LOOK_EVERY_MS);
      }
    })();
    looking.catch(() => undefined);
    const stop = keepDeciding(daemon, DECIDE_EVERY_MS);
    const load = runClients({
      socketPath: daemon.socketPath,
      clients: CLIENTS,
      texts: shopTexts(),
      isOver: () => isOver,
    });
    for (const [name, fault] of Object.entries(FAULTS)) {
      await delay(3000);
      say(`Postgres ${name}`);
      await fault(postgres);
      const isBack = await untilJournal(daemon, ({ state }) => state === "up", RECOVER_MS);
      yield { what: `Postgres ${name}: written again by itself`, measured: isBack, target: "true", pass: isBack };
    }
    const decided = await stop();
    isOver = true;
    const tally = await load;
    await looking;
    const settled = await untilJournal(daemon, isSettled, RECOVER_MS);
    const { written, dropped, waiting } = await journalOf(daemon);
    const failed = tally.sent - tally.ok;
    for (const [failure, count] of tally.failures) say(`${count} × ${failure}`);
    yield {
      what: `requests of ${CLIENTS} clients meanwhile`,
      measured: tally.sent,
      target: "for the record",
      pass: tally.sent > 0,
    };
    yield { what: "of these, failed", measured: failed, target: "0", pass: failed === 0 };
    yield { what: "connections in the pool, at most", measured: most, target: `at most ${POOL}`, pass: most <= POOL };
    yield {
      what: "connections that the server saw, at most",
      measured: mostOnServer,
      target: `at most ${POOL}`,
      pass: mostOnServer <= POOL,
    };
    yield { what: "everything is written in the end", measured: settled, target: "true", pass: settled };
    const rows = await count(
      postgres,
      "SELECT (SELECT count(*) FROM combot_decisions) + (SELECT count(*) FROM combot_minutes) + (SELECT count(*) FROM combot_alerts) + (SELECT count(*) FROM combot_applied) AS n",
    );
    yield {
      what: "events counted as written; rows that are there (each id once)",
      measured: `${written}; ${rows}; dropped ${dropped}, waiting ${waiting}`,
      target: "written ≤ rows ≤ written + dropped, none waiting",
      pass: written <= rows && rows <= written + dropped && waiting === 0,
    };
    const known = new Set(
      (await postgres.query("SELECT id FROM combot_decisions", DATABASE)).map(({ id }) => String(id)),
    );
    const lost = [...heard].filter((id) => !known.has(id)).length;
    yield {
      what: "decisions that a listener heard of and the journal lacks",
      measured: `${lost} of ${heard.size}`,
      target: "at most those counted as dropped",
      pass: heard.size >= decided && lost <= dropped,
    };
    await delay(IDLE_MS);
    await daemon.stop();
    const left = await postgres.connections();
    yield {
      what: "connections left in pg_stat_activity when the daemon has stopped",
      measured: left,
      target: "0",
      pass: left === 0,
    };
  } catch (error) {
    process.stderr.write(daemon.log);
    throw error;
  } finally {
    client.close();
    await listening;
    await daemon.stop("SIGKILL");
    await postgres.remove();
  }
}

async function listen(client: Client, heard: Set<string>): Promise<void> {
  try {
    for await (const event of client.events({ lastEventId: "0" }))
      if (event.event === "decision") heard.add(event.data.id);
  } catch {
    // The daemon has stopped.
  }
}

async function count(postgres: PrivatePostgres, sql: string): Promise<number> {
  const [row] = await postgres.query(sql, DATABASE);
  return Number(row?.["n"]);
}
