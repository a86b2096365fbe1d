import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { DecisionsReply } from "../../../../src/lib/protocol/decisions.ts";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { rssBytes, treeOf } from "../../../../scripts/support/process-tree.ts";
import { runClients } from "../../clients.ts";
import type { Tally } from "../../clients.ts";
import type { Line } from "../../record.ts";
import { round } from "../../statistics.ts";
import { shopTexts } from "../shop-texts.ts";
import { collectedHeapBytes, INSPECTABLE } from "./inspector.ts";
import { drawSoak } from "./soak-plot.ts";
import type { SoakPoint } from "./soak-plot.ts";

const MIB = 1024 * 1024;
const THIRD_MS = 10 * 60_000;
const THIRDS = 3;
const WORK_MS = 75_000;
/** Longer than MODEL_IDLE_UNLOAD below, so that every gap unloads the model. */
const GAP_MS = 25_000;
/** Often enough to find the moments in which two workers change places. */
const SAMPLE_MS = 100;
const CLIENTS = 50;
/** Of each client: 50 of them then make 25 calls/s, a quarter of a core with this model. */
const PAUSE_MS = 2000;
const PLOT = fileURLToPath(new URL("../../../../docs/pictures/soak.svg", import.meta.url));

/** Half an hour of a chatbot's days: 50 clients, ever new users, gaps that unload the model, recycles all along. */
export async function* soak(modelDir: string, say: (progress: string) => void): AsyncGenerator<Line> {
  const env = {
    LOG_LEVEL: "error",
    COMBOT_MODEL_DIR: modelDir,
    MODEL_IDLE_UNLOAD: "15",
    MAX_USERS_PER_PROCESS: "200",
    MAX_REQUESTS: "500",
    // Longer than a client's pause: a call that is sent just as an idle connection is closed is lost, whoever serves.
    KEEPALIVE: "10",
    ...INSPECTABLE,
  };
  const daemon = await PrivateDaemon.start({ env, startLimitMs: 120_000 });
  const points: SoakPoint[] = [];
  const from = performance.now();
  const sampler = setInterval(() => points.push(pointOf(daemon, performance.now() - from)), SAMPLE_MS);
  const heaps: number[] = [];
  const tallies: Tally[] = [];
  try {
    await collectedHeapBytes(daemon);
    for (let third = 1; third <= THIRDS; third++) {
      tallies.push(...(await work(daemon, from + third * THIRD_MS, say)));
      heaps.push(await collectedHeapBytes(daemon));
      say(`${third * 10} min: heap ${round(heaps.at(-1)! / MIB, 2)} MiB`);
    }
    const { decisions } = await daemon.json<DecisionsReply>("GET", "/api/decisions/?limit=1000");
    mkdirSync(dirname(PLOT), { recursive: true });
    writeFileSync(PLOT, drawSoak(points));
    yield* judge({ points, heaps, tallies, actions: decisions.map(({ action }) => action) });
  } finally {
    clearInterval(sampler);
    await daemon.stop();
  }
}

/** Work and gaps by turns until the time has come. */
async function work(daemon: PrivateDaemon, untilMs: number, say: (progress: string) => void): Promise<Tally[]> {
  const tallies: Tally[] = [];
  while (performance.now() < untilMs) {
    const durationMs = Math.min(WORK_MS, untilMs - performance.now());
    const first = performance.now();
    const load = { socketPath: daemon.socketPath, clients: CLIENTS, texts: shopTexts(), pauseMs: PAUSE_MS, durationMs };
    tallies.push(await runClients({ ...load, userOf: (call) => `${first} ${call % 400}` }));
    say(`soak: ${Math.round((untilMs - performance.now()) / 60_000)} min left of this third`);
    await delay(Math.max(0, Math.min(GAP_MS, untilMs - performance.now())));
  }
  return tallies;
}

function pointOf({ pid }: PrivateDaemon, atMs: number): SoakPoint {
  const daemonBytes = rssBytes(pid);
  const others = treeOf(pid).slice(1);
  const workers = others.map((child) => {
    try {
      return rssBytes(child);
    } catch {
      return 0; // ended between the two looks
    }
  });
  return { atMs, daemonBytes, treeBytes: daemonBytes + workers.reduce((sum, bytes) => sum + bytes, 0) };
}

interface Outcome {
  readonly points: readonly SoakPoint[];
  readonly heaps: readonly number[];
  readonly tallies: readonly Tally[];
  readonly actions: readonly string[];
}

function* judge({ points, heaps, tallies, actions }: Outcome): Generator<Line> {
  const sent = tallies.reduce((sum, tally) => sum + tally.sent, 0);
  const failed = sent - tallies.reduce((sum, tally) => sum + tally.ok, 0);
  const reasons = tallies.flatMap(({ failures }) => [...failures].map(([why, times]) => `; ${times} × ${why}`));
  yield {
    what: `soak: calls failed of ${sent}${reasons.join("")}`,
    measured: failed,
    target: "0",
    pass: failed === 0 && sent > 10_000,
  };
  const count = (action: string): number => actions.filter((one) => one === action).length;
  yield { what: "soak: recycles", measured: count("recycle"), target: "at least 20", pass: count("recycle") >= 20 };
  yield { what: "soak: idle unloads", measured: count("unload"), target: "at least 10", pass: count("unload") >= 10 };
  const spread = round((Math.max(...heaps) - Math.min(...heaps)) / MIB, 2);
  const told = heaps.map((bytes) => round(bytes / MIB, 2)).join(", ");
  yield {
    what: `soak: daemon's heap after a collection at 10, 20, 30 min (${told} MiB), spread in MiB`,
    measured: spread,
    target: "at most 1",
    pass: spread <= 1,
  };
  for (const key of ["daemonBytes", "treeBytes"] as const) {
    const [middle, last] = [peak(points, 1, key), peak(points, 2, key)];
    const ratio = round(last / middle, 3);
    yield {
      what: `soak: peak RSS of the ${key === "daemonBytes" ? "daemon" : "tree"}, last third over middle third (${round(last / MIB, 1)} and ${round(middle / MIB, 1)} MiB)`,
      measured: ratio,
      target: "at most 1.02",
      pass: ratio <= 1.02,
    };
  }
}

function peak(points: readonly SoakPoint[], third: number, of: "daemonBytes" | "treeBytes"): number {
  const inside = points.filter(({ atMs }) => Math.floor(atMs / THIRD_MS) === third);
  return Math.max(...inside.map((point) => point[of]));
}
