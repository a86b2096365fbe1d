import { setTimeout as delay } from "node:timers/promises";
import type { MetricsReport } from "../../../../src/lib/protocol/metrics.ts";
import type { ProcessStatus } from "../../../../src/lib/protocol/process.ts";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { answersOf, runClients } from "../../clients.ts";
import type { Line } from "../../record.ts";
import { quantile, round } from "../../statistics.ts";

const DURATION_MS = 60_000;
const KILL_EVERY_MS = 500;

/** A random worker is killed every half second under 50 clients; recycling by limits is off, so that only kills count. */
export async function* survivesKills(texts: readonly string[], say: (progress: string) => void): AsyncGenerator<Line> {
  const daemon = await PrivateDaemon.start({ env: { MAX_REQUESTS: "0", LOG_LEVEL: "error" } });
  try {
    const expected = await answersOf(daemon.socketPath, texts);
    const before = await daemon.json<MetricsReport>("GET", "/api/metrics/");
    const load = runClients({ socketPath: daemon.socketPath, clients: 50, texts, durationMs: DURATION_MS, expected });
    const kills = await killAtRandom(daemon, say);
    const tally = await load;
    const after = await daemon.json<MetricsReport>("GET", "/api/metrics/");
    const failed = [...tally.failures.values()].reduce((a, b) => a + b, 0);
    const settled = after.requests - before.requests;
    for (const [failure, count] of tally.failures) say(`${count} × ${failure}`);
    yield {
      what: "workers killed with SIGKILL in 60 s under 50 clients",
      measured: kills,
      target: "at least 100",
      pass: kills >= 100,
    };
    yield { what: "calls sent meanwhile", measured: tally.sent, target: "at least 10000", pass: tally.sent >= 10_000 };
    yield { what: "calls failed", measured: failed, target: "0", pass: failed === 0 };
    yield {
      what: "calls lost (sent − answered)",
      measured: tally.sent - tally.ok - failed,
      target: "0",
      pass: tally.sent === tally.ok + failed,
    };
    yield {
      what: "settled by the daemon − sent",
      measured: settled - tally.sent,
      target: "0",
      pass: settled === tally.sent,
    };
    yield {
      what: "answers that differ from those without faults",
      measured: tally.wrong,
      target: "0",
      pass: tally.wrong === 0,
    };
    yield {
      what: "p99 meanwhile, ms",
      measured: round(quantile(tally.latenciesMs, 0.99)),
      target: "for the record",
      pass: true,
    };
  } finally {
    await daemon.stop();
  }
}

async function killAtRandom(daemon: PrivateDaemon, say: (progress: string) => void): Promise<number> {
  let kills = 0;
  const until = performance.now() + DURATION_MS - KILL_EVERY_MS;
  while (performance.now() < until) {
    await delay(KILL_EVERY_MS);
    const { workers } = await daemon.json<ProcessStatus>("GET", "/api/process/status/");
    const alive = workers.filter(({ pid }) => pid !== null);
    const victim = alive[Math.floor(Math.random() * alive.length)];
    if (!victim?.pid) continue;
    process.kill(victim.pid, "SIGKILL");
    kills++;
    say(`killed ${kills} workers`);
  }
  return kills;
}
