import { setTimeout as delay } from "node:timers/promises";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { packMoment } from "../../../../src/daemon/reports/moments.ts";
import { SAMPLE } from "../../../../test/support/sample-replies.ts";
import type { Line, Part } from "../../record.ts";
import { median, round } from "../../statistics.ts";
import { atMinutesBefore, minutesInsert, withYear } from "../journal/full-journal.ts";
import type { FullJournal } from "../journal/full-journal.ts";
import { openMonitor, timeToShow } from "./watched.ts";

const RUNS = 10;
const MOST_MS = 300;
const SETTLE_MS = 5000;
const DAY_KEY = "\u001B[5~";

const HOUR_MS = 3_600_000;

/** Of a year that ends an hour ago, so that what the daemon records meanwhile is no part of it. */
function inserts(): readonly string[] {
  const at = atMinutesBefore(Date.now() - HOUR_MS);
  const body = JSON.stringify(packMoment(SAMPLE));
  return [
    minutesInsert(at),
    `INSERT INTO combot_moments (id, at_ms, body) SELECT 'y-' || i, ${at}, '${body}'`,
    `INSERT INTO combot_decisions (id, at_ms, action, reason, body) SELECT 'y-' || i, ${at}, 'hold', 'memory', '{"id":"y","at":"2026-01-01T00:00:00.000Z","action":"hold","reason":"memory","measured":0.9,"threshold":0.9,"freedBytes":null,"durationMs":0}'`,
  ];
}

/** From the key h to a screen of the past, and from there to each moment, out of a year of minutes. */
export const past: Part = {
  name: "past",
  run: (say) => withYear(say, inserts, (journal) => timed(journal, say)),
};

async function* timed(
  { store, env: more, folder }: FullJournal,
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
