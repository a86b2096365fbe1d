import { setTimeout as delay } from "node:timers/promises";
import type { LoadReply, UnloadReply } from "../../src/lib/protocol/model.ts";
import type { MetricsReport } from "../../src/lib/protocol/metrics.ts";
import type { ClassifyReply } from "../../src/lib/protocol/classify.ts";
import type { ProcessStatus, RecycleReply } from "../../src/lib/protocol/process.ts";
import { formatBytes, formatDuration } from "../../src/lib/units.ts";
import { PrivateDaemon } from "../support/private-daemon.ts";
import { fireLoad } from "./load.ts";
import type { LoadOutcome } from "./load.ts";
import { printTable, say } from "./screen.ts";
import { DEMO_TEXTS } from "./texts.ts";

const HEAL_LOOK_MS = 5;
const HEAL_LOOKS = 4000;

/** combot's main job on real text, from start to unload, with what was measured at the end. Exit 1 on a failed request. */
async function main(): Promise<number> {
  say("Starting a daemon of its own, with the bundled model, in a temporary folder …");
  const from = performance.now();
  const daemon = await PrivateDaemon.start({ env: { LOG_LEVEL: "warn" } });
  try {
    const startMs = performance.now() - from;
    say(`Up in ${formatDuration(startMs)}, socket ${daemon.socketPath}\n`);
    await classifySome(daemon);
    const load = await underLoad(daemon);
    const metrics = await daemon.json<MetricsReport>("GET", "/api/metrics/");
    const memory = await unloadAndLoad(daemon);
    printTable("What was measured", [
      ["daemon start to first answer", formatDuration(startMs)],
      ...rowsOfLoad(load.outcome),
      ["worker killed, place filled after", formatDuration(load.healedMs)],
      ["worker recycled, order to replacement serving", formatDuration(load.recycleMs)],
      ["texts in a batch, on average", String(metrics.batches.meanSize)],
      ["memory before unload (the tree, file pages apart)", formatBytes(memory.unload.beforeBytes)],
      ["memory after unload", formatBytes(memory.unload.afterBytes ?? 0)],
      ["given back", `${formatBytes(memory.unload.freedBytes ?? 0)} in ${formatDuration(memory.unload.durationMs)}`],
      ["loaded again in", formatDuration(memory.load.durationMs)],
    ]);
    return load.outcome.failed === 0 && load.outcome.lost === 0 ? 0 : 1;
  } finally {
    const { code } = await daemon.stop();
    say(`The daemon drained and ended with status ${code}.`);
  }
}

async function classifySome(daemon: PrivateDaemon): Promise<void> {
  const reply = await daemon.json<ClassifyReply>("POST", "/api/classify/", { texts: DEMO_TEXTS, user: "demo" });
  for (const [index, { label, score }] of reply.results.entries()) {
    say(`  ${label.padEnd(22)} ${(score * 100).toFixed(0).padStart(3)}%  ${DEMO_TEXTS[index]}`);
  }
  say(
    `  ${reply.results.length} texts in ${formatDuration(reply.durationMs)}, model ${reply.model.name} (${reply.model.digest})\n`,
  );
}

/** 50 clients for 10 s; after 3 s a worker is killed, after 6 s one is recycled. */
async function underLoad(
  daemon: PrivateDaemon,
): Promise<{ outcome: LoadOutcome; healedMs: number; recycleMs: number }> {
  let healedMs = 0;
  let recycleMs = 0;
  const outcome = await fireLoad(daemon.socketPath, {
    clients: 50,
    seconds: 10,
    events: [
      { atSecond: 3, label: "SIGKILL to a worker", run: async () => void (healedMs = await killWorker(daemon)) },
      { atSecond: 6, label: "recycling a worker", run: async () => void (recycleMs = await recycleWorker(daemon)) },
    ],
  });
  return { outcome, healedMs, recycleMs };
}

/** @returns from the kill to every slot serving again, in ms. */
async function killWorker(daemon: PrivateDaemon): Promise<number> {
  const statusOf = async () => (await daemon.json<ProcessStatus>("GET", "/api/process/status/")).workers;
  const before = await statusOf();
  // A worker that is being replaced has two entries in its slot.
  const slots = new Set(before.map(({ slot }) => slot));
  const victim = before.find(({ state }) => state === "ready" || state === "busy")?.pid;
  if (!victim) throw new Error("no worker serves");
  const from = performance.now();
  process.kill(victim, "SIGKILL");
  for (let look = 0; look < HEAL_LOOKS; look++) {
    const serving = (await statusOf()).filter(({ state }) => state === "ready" || state === "busy");
    const healed = serving.filter(({ pid }) => pid !== victim).map(({ slot }) => slot);
    if (new Set(healed).size === slots.size) return performance.now() - from;
    await delay(HEAL_LOOK_MS);
  }
  throw new Error("the killed worker's place was not filled");
}

async function recycleWorker(daemon: PrivateDaemon): Promise<number> {
  const reply = await daemon.json<RecycleReply>("POST", "/api/process/recycle/?wait=true", { slot: 0 });
  return reply.recycles[0]?.durationMs ?? NaN;
}

async function unloadAndLoad(daemon: PrivateDaemon): Promise<{ unload: UnloadReply; load: LoadReply }> {
  const unload = await daemon.json<UnloadReply>("POST", "/api/model/unload/?wait=true");
  const load = await daemon.json<LoadReply>("POST", "/api/model/load/?wait=true");
  return { unload, load };
}

function rowsOfLoad(outcome: LoadOutcome): [string, string][] {
  return [
    ["requests, 50 at a time", `${outcome.sent} (${Math.round(outcome.perSecond)}/s)`],
    ["failed, lost", `${outcome.failed}, ${outcome.lost}`],
    ["latency p50, p99", `${outcome.p50Ms.toFixed(1)} ms, ${outcome.p99Ms.toFixed(1)} ms`],
  ];
}

process.exitCode = await main();
