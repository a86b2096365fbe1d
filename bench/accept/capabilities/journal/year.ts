import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { LAUNCHER, PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import type { HistoryReply } from "../../../../src/lib/protocol/history.ts";
import type { Line } from "../../record.ts";
import { median, round } from "../../statistics.ts";
import { atMinutesBefore, MINUTES, minutesInsert, withYear } from "./full-journal.ts";
import type { FullJournal } from "./full-journal.ts";
import { isSettled, untilJournal } from "./watch.ts";

const RUNS = 10;
const MOST_MS = 300;
const OPEN_MS = 30_000;
const DAY_MS = 86_400_000;

/** `combot history --since 24h` out of a year of minutes, the process of the command included. */
export async function* year(say: (progress: string) => void): AsyncGenerator<Line> {
  yield* withYear(say, () => [minutesInsert(atMinutesBefore(Date.now()))], timed);
}

async function* timed({ store, env: more, folder }: FullJournal): AsyncGenerator<Line> {
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
