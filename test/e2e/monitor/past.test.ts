import { DatabaseSync } from "node:sqlite";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { SqliteStore } from "../../../src/daemon/journal/sqlite/store.ts";
import { Client } from "../../../src/lib/client.ts";
import { FIRST_MODE } from "../../../src/lib/monitor/mode.ts";
import { PastReader } from "../../../src/lib/monitor/past.ts";
import { viewOfPast } from "../../../src/lib/monitor/past-view.ts";
import { MonitorState } from "../../../src/lib/monitor/state.ts";
import { MEMORY_LEVELS } from "../../../src/lib/protocol/memory-levels.ts";
import { UNICODE_GLYPHS } from "../../../src/lib/render/glyphs.ts";
import { paintLine } from "../../../src/lib/render/line.ts";
import { rateOf } from "../../../src/lib/render/monitor/cells.ts";
import { renderPage } from "../../../src/lib/render/monitor/pages.ts";
import { PLAIN } from "../../../src/lib/render/paint.ts";
import { percent, shortMs } from "../../../src/lib/render/words.ts";
import { DAY_MINUTES, EMERGENCY, RECYCLE, recordedDay, SWAP, writeDay } from "../../support/recorded-day.ts";
import { expectShown, HAS_TMUX, openMonitor } from "./watched.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** The day ended yesterday, so that what this daemon records itself is no part of it. */
const DAY = recordedDay(Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - DAY_MINUTES * MINUTE_MS - 2 * HOUR_MS);

let daemon: PrivateDaemon;
let client: Client;
let journalPath: string;
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), "cd-"));
  journalPath = join(folder, "state", "journal.db");
  const store = new SqliteStore(journalPath);
  await writeDay(store, DAY.events());
  await store.close();
  daemon = await PrivateDaemon.start({ env: { LOG_LEVEL: "error", WORKERS: "1" } }, folder);
  client = new Client({ path: daemon.socketPath, controlPath: daemon.controlPath });
});
afterAll(async () => {
  client.close();
  await daemon.stop();
});

/** The figures that the screen must have, made of the journal's own row. */
function expectedFigures(row: Record<string, number | null>): readonly string[] {
  const worst = (of: string): number | null => {
    const all = ["memory", "redis", "computed"].map((name) => row[`${name}_${of}`] ?? null);
    return all.some((ms) => ms !== null) ? Math.max(...all.map((ms) => ms ?? 0)) : null;
  };
  const [hits, misses] = [row["hits"] ?? 0, row["misses"] ?? 0];
  return [
    ` ${percent(row["usage"] ?? NaN)} ${MEMORY_LEVELS[row["level"] ?? 0]}`,
    `${rateOf(Math.round(((row["requests"] ?? 0) / ((row["span_ms"] ?? 0) / 1000)) * 1000) / 1000)} requests/s`,
    `p50 ${shortMs(worst("p50"))} p99 ${shortMs(worst("p99"))} ms`,
    `hit ${percent(Math.round((hits / (hits + misses)) * 1000) / 1000)} now`,
    `${row["users"]} users`,
  ];
}

function rowsOfDay(): readonly Record<string, number | null>[] {
  const database = new DatabaseSync(journalPath, { readOnly: true });
  const sql = "SELECT * FROM combot_minutes WHERE at_ms BETWEEN ? AND ? ORDER BY at_ms";
  const rows = database.prepare(sql).all(DAY.atMs(0), DAY.atMs(DAY_MINUTES - 1));
  database.close();
  return rows as Record<string, number | null>[];
}

describe("a recorded day", () => {
  test("is shown minute by minute, and its figures are the journal's", async () => {
    const rows = rowsOfDay();
    expect(rows).toHaveLength(DAY_MINUTES);
    const news: (() => void)[] = [];
    const reader = new PastReader({ client, clock: Date.now, onNews: () => news.shift()?.() });
    const live = new MonitorState(0).view(0);
    for (const [minute, row] of rows.entries()) {
      const atMs = DAY.atMs(minute);
      const read = new Promise<void>((resolve) => news.push(resolve));
      reader.want(atMs, FIRST_MODE.spanMs);
      await read;
      const view = viewOfPast(live, reader.past!);
      const mode = { ...FIRST_MODE, pastMs: atMs };
      const options = { width: 120, height: 40, glyphs: UNICODE_GLYPHS, clock: new Date(), mode };
      const screen = renderPage(view, options).map((line) => paintLine(line, PLAIN));
      const text = screen.join("\n");
      const time = new Date(atMs).toISOString().slice(0, 16).replace("T", " ");
      expect(text).toContain(`BACK IN TIME  ${time}Z`);
      for (const figure of expectedFigures(row)) expect(text, time).toContain(figure);
      for (const { slot, pid, state } of DAY.sample(minute).process.workers)
        expect(text, time).toMatch(new RegExp(`worker ${slot} +${pid ?? "-"} ${state}`));
    }
  }, 240_000);

  test("an emergency, a swap and a recycle are told and can be gone to", async () => {
    const reader = new PastReader({ client, clock: Date.now, onNews: () => undefined });
    const next = async (minute: number): Promise<number | undefined> => reader.decisionBeside(DAY.atMs(minute), "next");
    expect(await next(0)).toBe(DAY.atMs(EMERGENCY.from));
    expect(await next(EMERGENCY.from)).toBe(DAY.atMs(EMERGENCY.until));
    expect(await next(EMERGENCY.until)).toBe(DAY.atMs(RECYCLE));
    expect(await reader.decisionBeside(DAY.atMs(RECYCLE), "previous")).toBe(DAY.atMs(EMERGENCY.until));
    expect(await reader.decisionBeside(DAY.atMs(0), "previous")).toBeUndefined();
    const swap = await Promise.all([SWAP - 1, SWAP].map((minute) => modelAt(minute)));
    expect(swap).toEqual(["shop-intents", "bank-intents"]);
  });

  test("a worker's life is told from its birth, and not of the one that had its slot before", async () => {
    const worker = DAY.sample(RECYCLE + 100).process.workers[0]!;
    const until = new Date(DAY.atMs(RECYCLE + 101)).toISOString();
    const since = new Date(DAY.atMs(RECYCLE - 200)).toISOString();
    const query = { pid: String(worker.pid), since, until };
    const { points, stepSeconds } = await client.call("processLife", { query });
    expect(stepSeconds).toBe(180);
    expect(Date.parse(points[0]?.at ?? "")).toBeGreaterThanOrEqual(DAY.atMs(RECYCLE));
    expect(points.length).toBeLessThanOrEqual(120);
    expect(points.at(-1)).toMatchObject({ pssBytes: worker.pssBytes, users: worker.users });
  });
});

async function modelAt(minute: number): Promise<string | undefined> {
  const { sample } = await client.call("moment", { query: { at: new Date(DAY.atMs(minute)).toISOString() } });
  return sample?.memory.model.name;
}

describe.skipIf(!HAS_TMUX)("on a terminal", () => {
  test("keys lead through the day: a time, minutes, decisions, detail, and back to now", async () => {
    const rows = rowsOfDay();
    const shownAt = (minute: number): RegExp => {
      const time = new Date(DAY.atMs(minute)).toISOString().slice(0, 16).replace("T", " ");
      const figures = expectedFigures(rows[minute] ?? {}).map((one) => one.replaceAll(/[/.]/g, String.raw`\$&`));
      return new RegExp([`BACK IN TIME  ${time}Z`, ...figures.slice(0, 3)].join("[^]*"));
    };
    const terminal = await openMonitor(daemon.socketPath, { width: 120, height: 40 });
    await expectShown(terminal, /worker 0 +\d+ ready/);
    await terminal.press("h");
    await expectShown(terminal, /BACK IN TIME/);
    const typed = new Date(DAY.atMs(EMERGENCY.from - 2)).toISOString().slice(5, 16).replace("T", " ");
    await terminal.press("g", ...typed.split("").map((key) => (key === " " ? "Space" : key)), "Enter");
    await expectShown(terminal, shownAt(EMERGENCY.from - 2));
    for (let minute = EMERGENCY.from - 1; minute <= EMERGENCY.until; minute++) {
      await terminal.press("Right");
      await expectShown(terminal, shownAt(minute));
    }
    const marked = await expectShown(terminal, /time line/);
    expect(marked.join("\n")).toMatch(/\n {10,}!/);
    await terminal.press("n");
    await expectShown(terminal, shownAt(RECYCLE));
    await terminal.press("Down", "Down", "Down", "Enter");
    await expectShown(terminal, /worker 0 +ready[^]*batches[^]*memory since it began[^]*decisions .*recycle: users/);
    await terminal.press("Left");
    await expectShown(terminal, new RegExp(`pid ${DAY.sample(RECYCLE - 1).process.workers[0]?.pid}`));
    await terminal.press("Escape", "h");
    await expectShown(terminal, /every 1s/);
  });

  test("nothing is changed from there, nor with --readonly", async () => {
    const terminal = await openMonitor(daemon.socketPath, { width: 100, height: 30, args: ["--readonly"] });
    const screen = await expectShown(terminal, /worker 0 +\d+ ready/);
    expect(screen.at(-1)).not.toMatch(/recycle|unload|clean up/);
    await terminal.press("r");
    await expectShown(terminal, /recycle: not with --readonly/);
    const open = await openMonitor(daemon.socketPath, { width: 100, height: 30 });
    await expectShown(open, /worker 0 +\d+ ready/);
    await open.press("h", "u");
    await expectShown(open, /unload: not in the past/);
  });
});
