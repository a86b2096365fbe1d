import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { text } from "node:stream/consumers";
import { LAUNCHER, PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { PrivatePostgres } from "../../../../scripts/support/private-postgres.ts";
import type { HistoryReply } from "../../../../src/lib/protocol/history.ts";
import { SqliteStore } from "../../../../src/daemon/journal/sqlite/store.ts";
import { PostgresStore } from "../../../../src/daemon/journal/postgres/store.ts";
import type { Line } from "../../record.ts";
import { median, round } from "../../statistics.ts";
import { isSettled, untilJournal } from "./watch.ts";

const MINUTES = 525_600;
const RUNS = 10;
const MOST_MS = 300;
const OPEN_MS = 30_000;
const DAY_MS = 86_400_000;
const COLUMNS =
  "id, at_ms, span_ms, requests, texts, errors, hits, misses, recycles, users, usage, level, memory_p99, computed_p99";

function values(index: string, nowMs: number): string {
  const at = `(${Math.floor(nowMs / 60_000)} - ${index}) * CAST(60000 AS bigint)`;
  return `'y-' || ${index}, ${at}, 60000, 600 + ${index} % 97, 600, ${index} % 7, 400, 200, ${index} % 3, 12, 0.5, 0, 0.4, 31.5`;
}

/** `combot history --since 24h` out of a year of minutes, the process of the command included. */
export async function* year(say: (progress: string) => void): AsyncGenerator<Line> {
  yield* withSqlite(say);
  yield* withPostgres(say);
}

async function* withSqlite(say: (progress: string) => void): AsyncGenerator<Line> {
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
    database.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MINUTES})
      INSERT INTO combot_minutes (${COLUMNS}) SELECT ${values("i", Date.now())} FROM n`);
    database.close();
    yield* timed("sqlite", {}, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function* withPostgres(say: (progress: string) => void): AsyncGenerator<Line> {
  const postgres = await PrivatePostgres.start();
  const folder = mkdtempSync(join(tmpdir(), "cd-"));
  try {
    say("postgres: a year of minutes");
    const url = await postgres.database("journal");
    const store = new PostgresStore({ url: () => url, max: 1, onHeld: () => undefined, now: () => performance.now() });
    await store.open();
    await store.close();
    await postgres.query(
      `INSERT INTO combot_minutes (${COLUMNS}) SELECT ${values("i", Date.now())} FROM generate_series(1, ${MINUTES}) AS i`,
      "journal",
    );
    yield* timed("postgres", { DATABASE_URL: url }, folder);
  } finally {
    await postgres.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function* timed(store: string, more: Record<string, string>, folder: string): AsyncGenerator<Line> {
  const env = { LOG_LEVEL: "error", JOURNAL_RETENTION_DAYS: "400", ...more };
  const daemon = await PrivateDaemon.start({ env }, folder);
  try {
    await untilJournal(daemon, isSettled, OPEN_MS);
    const tookMs: number[] = [];
    let requests = 0;
    for (let run = 0; run <= RUNS; run++) {
      const from = performance.now();
      const child = spawn(
        process.execPath,
        [LAUNCHER, "history", "--since", "24h", "--json", "--socket", daemon.socketPath],
        {
          stdio: ["ignore", "pipe", "inherit"],
        },
      );
      const [output] = await Promise.all([text(child.stdout), once(child, "close")]);
      // The first one of all compiles the command line.
      if (run > 0) tookMs.push(performance.now() - from);
      requests = (JSON.parse(output) as HistoryReply).points.reduce((sum, point) => sum + point.requests, 0);
    }
    const from = performance.now();
    await daemon.ask("GET", `/api/metrics/history/?step=900&since=${new Date(Date.now() - DAY_MS).toISOString()}`);
    const callMs = round(performance.now() - from, 1);
    yield {
      what: `${store}: of it the call to the daemon, ms`,
      measured: callMs,
      target: "for the record",
      pass: true,
    };
    const longest = round(Math.max(...tookMs), 0);
    yield {
      what: `${store}: combot history --since 24h out of ${MINUTES} minutes, ms, the longest of ${RUNS} (median ${round(median(tookMs), 0)})`,
      measured: longest,
      target: `under ${MOST_MS}`,
      pass: longest < MOST_MS,
    };
    yield {
      what: `${store}: requests in that history`,
      measured: requests,
      target: "a day's",
      pass: requests > 1430 * 600,
    };
  } finally {
    await daemon.stop();
  }
}
