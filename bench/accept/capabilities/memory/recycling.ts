import type { DecisionsReply } from "../../../../src/lib/protocol/decisions.ts";
import type { MetricsReport } from "../../../../src/lib/protocol/metrics.ts";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { runClients } from "../../clients.ts";
import type { Tally } from "../../clients.ts";
import { NOTHING_DUE } from "../../../nothing-due.ts";
import type { Line } from "../../record.ts";
import { median, quantile, round } from "../../statistics.ts";
import { shopTexts } from "../shop-texts.ts";

const PAIRS = 5;
const SECONDS = 60;
/** So many recycles are waited for: each rests for ten times its birth, which is slow on cores that are all at work. */
const RECYCLES = 30;
const LONGEST_SECONDS = 240;
const USERS = 500;

/** 50 clients with 500 users, limits set low and limits off, in turn: what recycling costs whom. */
export async function* recycles(modelDir: string, say: (progress: string) => void): AsyncGenerator<Line> {
  const ratios: number[] = [];
  const recycled: number[] = [];
  let failed = 0;
  let least = Infinity;
  for (let pair = 0; pair < PAIRS; pair++) {
    say(`pair ${pair + 1} of ${PAIRS}: with recycling`);
    const low = {
      MAX_USERS_PER_PROCESS: "20",
      MAX_REQUESTS: "300",
      MAX_REQUESTS_JITTER: "30",
      PROCESS_RECYCLE_INTERVAL: "0.002",
    };
    const on = await run(modelDir, low, RECYCLES);
    say(`pair ${pair + 1} of ${PAIRS}: without`);
    const off = await run(modelDir, NOTHING_DUE, 0);
    ratios.push(quantile(on.tally.latenciesMs, 0.99) / quantile(off.tally.latenciesMs, 0.99));
    recycled.push(on.recycles);
    failed += on.tally.sent - on.tally.ok;
    least = Math.min(least, on.leastReady);
  }
  const ratio = round(median(ratios));
  const spread = `${round(Math.min(...ratios))} to ${round(Math.max(...ratios))}`;
  yield {
    what: `recycles in a run of at least ${SECONDS} s, the fewest of ${PAIRS} runs`,
    measured: Math.min(...recycled),
    target: `at least ${RECYCLES}`,
    pass: Math.min(...recycled) >= RECYCLES,
  };
  yield { what: "calls failed or lost meanwhile", measured: failed, target: "0", pass: failed === 0 };
  yield { what: "least ready workers seen", measured: least, target: "at least 1", pass: least >= 1 };
  yield {
    what: `p99 with recycling over without, median of ${PAIRS} pairs (${spread})`,
    measured: ratio,
    target: "at most 2",
    pass: ratio <= 2,
  };
}

async function run(
  modelDir: string,
  env: Record<string, string>,
  leastRecycles: number,
): Promise<{ tally: Tally; recycles: number; leastReady: number }> {
  const daemon = await PrivateDaemon.start({
    env: { LOG_LEVEL: "error", COMBOT_MODEL_DIR: modelDir, ...env },
    startLimitMs: 120_000,
  });
  try {
    let leastReady = Infinity;
    let recycles = 0;
    const look = async (): Promise<void> => {
      recycles = (await daemon.json<MetricsReport>("GET", "/api/metrics/")).recycles.total;
      const { workers } = await daemon.json<{ workers: { state: string }[] }>("GET", "/api/process/status/");
      leastReady = Math.min(leastReady, workers.filter(({ state }) => state === "ready" || state === "busy").length);
    };
    const watch = setInterval(() => void look(), 200);
    const from = performance.now();
    const isOver = (): boolean => performance.now() - from >= SECONDS * 1000 && recycles >= leastRecycles;
    const durationMs = LONGEST_SECONDS * 1000;
    const load = { socketPath: daemon.socketPath, clients: 50, texts: shopTexts(), durationMs, isOver };
    const tally = await runClients({ ...load, userOf: (call) => `user ${call % USERS}` });
    clearInterval(watch);
    const { decisions } = await daemon.json<DecisionsReply>("GET", "/api/decisions/?limit=1000");
    return { tally, recycles: decisions.filter(({ action }) => action === "recycle").length, leastReady };
  } finally {
    await daemon.stop();
  }
}
