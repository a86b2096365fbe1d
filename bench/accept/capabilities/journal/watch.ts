import { setTimeout as delay } from "node:timers/promises";
import type { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import type { Health } from "../../../../src/lib/protocol/health.ts";
import type { JournalReport, MetricsReport } from "../../../../src/lib/protocol/metrics.ts";
import { round } from "../../statistics.ts";
import { evaluateIn } from "../memory/inspector.ts";

export async function journalOf(daemon: PrivateDaemon): Promise<JournalReport> {
  const { journal } = await daemon.json<MetricsReport>("GET", "/api/metrics/");
  if (!journal) throw new Error("the daemon has no journal");
  return journal;
}

/** Until the journal is as wanted; false where it did not come to that in time. */
export async function untilJournal(
  daemon: PrivateDaemon,
  isWanted: (journal: JournalReport) => boolean,
  limitMs: number,
): Promise<boolean> {
  const until = performance.now() + limitMs;
  while (performance.now() < until) {
    if (isWanted(await journalOf(daemon))) return true;
    await delay(100);
  }
  return false;
}

export function isSettled({ state, waiting }: JournalReport): boolean {
  return state === "up" && waiting === 0;
}

/** What the health says of the database. */
export async function databaseCheck(daemon: PrivateDaemon): Promise<string> {
  const { checks } = JSON.parse((await daemon.ask("GET", "/api/health/")).text) as Health;
  return `${checks.database.status}: ${checks.database.detail}`;
}

const RESOLUTION_MS = 5;

/** Begins to measure by how much the daemon's event loop is late. */
export async function watchLoop(daemon: PrivateDaemon): Promise<void> {
  const make = `process.getBuiltinModule("node:perf_hooks").monitorEventLoopDelay({ resolution: ${RESOLUTION_MS} })`;
  await evaluateIn(daemon, `void (globalThis.loopDelay ??= ${make}).enable(); loopDelay.reset()`);
}

/** The longest that the loop was late since then, in ms. */
export async function longestDelayMs(daemon: PrivateDaemon): Promise<number> {
  const longest = Number(await evaluateIn(daemon, "loopDelay.max / 1e6"));
  return round(Math.max(0, longest - RESOLUTION_MS), 1);
}

/** Decisions made by hand, one after another, until it is stopped: each is an event of the journal. @returns how many. */
export function keepDeciding(daemon: PrivateDaemon, everyMs: number): () => Promise<number> {
  let isOver = false;
  let count = 0;
  const work = (async () => {
    while (!isOver) {
      await daemon.json("POST", "/api/cleanup/", { level: "soft" });
      count++;
      await delay(everyMs);
    }
    return count;
  })();
  // Whoever asks for the count learns of a failure; one before that is told by what the daemon did.
  work.catch(() => undefined);
  return () => {
    isOver = true;
    return work;
  };
}
