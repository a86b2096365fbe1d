import { setTimeout as sleep } from "node:timers/promises";
import type { Address } from "../../src/lib/perf/load/address.ts";
import { Caller } from "../../src/lib/perf/load/caller.ts";
import { closedLoop, openLoop } from "../../src/lib/perf/load/loops.ts";
import type { LoopParts } from "../../src/lib/perf/load/loops.ts";
import { Pacer } from "../../src/lib/perf/load/pacer.ts";
import { questions } from "../../src/lib/perf/load/questions.ts";
import { Recorder } from "../../src/lib/perf/load/recorder.ts";
import { createRandom } from "../../src/lib/random.ts";
import { KeptConnections } from "./kept-connections.ts";

/** The clients, in a process of their own. */
export interface CrowdOrder {
  readonly address: Address;
  readonly texts: readonly string[];
  readonly connections: number;
  readonly warmUpSeconds: number;
  readonly closedSeconds: number;
  readonly openSeconds: number;
  readonly seed: number;
}

export interface CrowdResult {
  /** Answers a second, each connection asking again at once. */
  readonly perSecond: number;
  /** Of the open loop. */
  readonly ratePerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** How late the requests began. */
  readonly latenessP99Ms: number;
  readonly failed: number;
  readonly lost: number;
}

const now = (): number => performance.now();
const TIMEOUT_MS = 30_000;

async function crowd(order: CrowdOrder): Promise<CrowdResult> {
  const { address, texts, connections, warmUpSeconds, closedSeconds, openSeconds, seed } = order;
  const pool = new KeptConnections({ address, maxConnections: connections, now });
  await pool.open();
  const caller = new Caller(pool, "/api/classify/", "", TIMEOUT_MS, now);
  const question = questions({ texts, isUnique: false, users: 0, random: createRandom(seed) });

  /** @param run begins what it measures. */
  async function measured(seconds: number, run: (parts: LoopParts) => Promise<void>): Promise<Recorder> {
    const recorder = new Recorder();
    let isOver = false;
    const running = run({ caller, recorder, question, now, isOver: () => isOver });
    await sleep(warmUpSeconds * 1000);
    recorder.start(now());
    await sleep(seconds * 1000);
    isOver = true;
    await running;
    return recorder;
  }

  const closed = await measured(closedSeconds, (parts) => closedLoop(connections, parts));
  const perSecond = closed.answered / closedSeconds;
  const ratePerSecond = Math.round(perSecond / 2);
  const open = await measured(openSeconds, (parts) =>
    openLoop({ ratePerSecond, arrivals: "poisson", random: createRandom(seed + 1), pacer: new Pacer(now) }, parts),
  );
  caller.close();
  const { memory } = open.latencies;
  return {
    perSecond,
    ratePerSecond,
    p50Ms: memory.quantileMs(0.5) ?? NaN,
    p99Ms: memory.quantileMs(0.99) ?? NaN,
    latenessP99Ms: open.lateness.quantileMs(0.99) ?? NaN,
    failed: closed.failed + open.failed,
    lost: pool.lost,
  };
}

process.send?.(await crowd(JSON.parse(process.argv[2] ?? "") as CrowdOrder));
process.disconnect?.();
