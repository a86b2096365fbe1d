import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { PrivatePostgres } from "../../../../scripts/support/private-postgres.ts";
import { PostgresStore } from "../../../../src/daemon/journal/postgres/store.ts";
import { SqliteStore } from "../../../../src/daemon/journal/sqlite/store.ts";
import { packMoment } from "../../../../src/daemon/operations/moments.ts";
import { SAMPLE } from "../../../../test/support/sample-replies.ts";
import type { Line, Part } from "../../record.ts";
import { median, round } from "../../statistics.ts";
import { openMonitor, timeToShow } from "./watched.ts";

const MINUTES = 525_600;
const RUNS = 10;
const MOST_MS = 300;
const SETTLE_MS = 5000;
const MINUTE_COLUMNS =
  "id, at_ms, span_ms, requests, texts, errors, hits, misses, recycles, users, usage, level, memory_p99, computed_p99";
const DAY_KEY = "\u001B[5~";

/** Of a year that ends an hour ago, so that what the daemon records meanwhile is no part of it. */
function tablesOf(index: string, nowMs: number): readonly string[] {
  const at = `(${Math.floor(nowMs / 60_000) - 60} - ${index}) * CAST(60000 AS bigint)`;
  const body = JSON.stringify(packMoment(SAMPLE));
  return [
    `INSERT INTO combot_minutes (${MINUTE_COLUMNS}) SELECT 'y-' || ${index}, ${at}, 60000, 600 + ${index} % 97, 600, ${index} % 7, 400, 200, ${index} % 3, 12, 0.5, 0, 0.4, 31.5`,
    `INSERT INTO combot_moments (id, at_ms, body) SELECT 'y-' || ${index}, ${at}, '${body}'`,
    `INSERT INTO combot_decisions (id, at_ms, action, reason, body) SELECT 'y-' || ${index}, ${at}, 'hold', 'memory', '{"id":"y","at":"2026-01-01T00:00:00.000Z","action":"hold","reason":"memory","measured":0.9,"threshold":0.9,"freedBytes":null,"durationMs":0}'`,
  ];
}

/** From the key h to a screen of the past, and from there to each moment, out of a year of minutes. */
export const past: Part = {
  name: "past",
  async *run(say): AsyncGenerator<Line> {
    yield* withSqlite(say);
    yield* withPostgres(say);
  },
};

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
    for (const insert of tablesOf("i", Date.now()))
      database.exec(
        insert.replace(
          /SELECT/,
          `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MINUTES}) SELECT`,
        ) + " FROM n",
      );
    database.close();
    yield* timed("sqlite", {}, folder, say);
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
    for (const insert of tablesOf("i", Date.now()))
      await postgres.query(
        `${insert}${insert.includes("'{") ? "::jsonb" : ""} FROM generate_series(1, ${MINUTES}) AS i`,
        "journal",
      );
    yield* timed("postgres", { DATABASE_URL: url }, folder, say);
  } finally {
    await postgres.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function* timed(
  store: string,
  more: Readonly<Record<string, string>>,
  folder: string,
  say: (progress: string) => void,
): AsyncGenerator<Line> {
  const daemon = await PrivateDaemon.start(
    { env: { LOG_LEVEL: "error", JOURNAL_RETENTION_DAYS: "400", ...more } },
    folder,
  );
  try {
    await delay(SETTLE_MS);
    say(`${store}: h`);
    const first: number[] = [];
    for (let run = 0; run < RUNS; run++) first.push(await firstScreen(daemon.socketPath));
    yield line(`${store}: from h to the first screen of the past`, first);
    const days: number[] = [];
    const terminal = await openMonitor(daemon.socketPath);
    try {
      await timeToShow(terminal, /worker 1 +\d+ ready/);
      await terminal.press("h");
      await timeToShow(terminal, /BACK IN TIME/);
      for (let run = 0; run < RUNS; run++) {
        await terminal.press(DAY_KEY);
        days.push(await timeToShow(terminal, dayBack(run + 1)));
      }
      yield line(`${store}: from PgUp to the same minute of the day before`, days);
    } finally {
      await terminal.end();
    }
  } finally {
    await daemon.stop();
  }
}

async function firstScreen(socketPath: string): Promise<number> {
  const terminal = await openMonitor(socketPath);
  try {
    await timeToShow(terminal, /worker 1 +\d+ ready/);
    await terminal.press("h");
    // The time line has something on it, and the minute is there or said not to be.
    return await timeToShow(terminal, /BACK IN TIME[^]*time line +[▁▂▃▄▅▆▇█][^]*(requests\/s|did not run)/);
  } finally {
    await terminal.end();
  }
}

function dayBack(days: number): RegExp {
  const day = new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
  return new RegExp(`BACK IN TIME  ${day}[^]*time line +[▁▂▃▄▅▆▇█][^]*worker 1 +\\d+`);
}

function line(what: string, tookMs: readonly number[]): Line {
  const longest = round(Math.max(...tookMs), 0);
  const target = `under ${MOST_MS}`;
  return {
    what: `${what}, ms, the longest of ${RUNS} (median ${round(median(tookMs), 0)})`,
    measured: longest,
    target,
    pass: longest < MOST_MS,
  };
}
