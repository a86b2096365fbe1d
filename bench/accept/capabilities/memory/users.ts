import { setTimeout as delay } from "node:timers/promises";
import type { DecisionsReply } from "../../../../src/lib/protocol/decisions.ts";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { runClients } from "../../clients.ts";
import type { Line } from "../../record.ts";
import { round } from "../../statistics.ts";
import { shopTexts } from "../shop-texts.ts";
import { birthsIn, decisionsOf } from "./daemon-log.ts";

const SETTLE_MS = 60_000;

/** Recycling by users, with the defaults. */
export async function* users(modelDir: string, say: (progress: string) => void): AsyncGenerator<Line> {
  yield* hundred(modelDir, say);
  yield* thousand(modelDir, say);
}

/** Texts that are all different. */
function texts(count: number): string[] {
  const known = shopTexts();
  return Array.from({ length: count }, (_, index) => `${known[index % known.length]} ${index}`);
}

async function* hundred(modelDir: string, say: (progress: string) => void): AsyncGenerator<Line> {
  const daemon = await PrivateDaemon.start({ env: env(modelDir), startLimitMs: 120_000 });
  try {
    say("100 users, one after another");
    const load = { socketPath: daemon.socketPath, clients: 1, texts: texts(100), calls: 100 };
    const { ok } = await runClients({ ...load, userOf: (call) => `user ${call}` });
    const recycles = await settledRecycles(daemon);
    yield { what: "100 users, one request each: calls answered", measured: ok, target: "100", pass: ok === 100 };
    yield { what: "recycles that follow", measured: recycles.length, target: "2", pass: recycles.length === 2 };
    const told = recycles.map(({ slot, reason, measured }) => `slot ${slot} at ${measured} ${reason}`).join(", ");
    const exact = recycles.every(({ reason, measured }) => reason === "users" && measured === 50);
    const slots = new Set(recycles.map(({ slot }) => slot));
    yield { what: "each worker's at its 50th user", measured: told, target: "both", pass: exact && slots.size === 2 };
    const [first, second] = recycles.map(({ at, durationMs }) => ({ to: Date.parse(at), durationMs }));
    const gapMs = first && second ? second.to - second.durationMs - first.to : NaN;
    yield {
      what: "from the end of the first to the start of the second, ms",
      measured: gapMs,
      target: "more than 0",
      pass: gapMs > 0,
    };
  } finally {
    await daemon.stop();
  }
}

/** The second may be put off for ten times what the first birth took; after that a third would show within as long. */
async function settledRecycles(daemon: PrivateDaemon): Promise<DecisionsReply["decisions"]> {
  for (const until = performance.now() + SETTLE_MS; performance.now() < until; await delay(500))
    if ((await decisionsOf(daemon, "recycle")).length >= 2) break;
  const longestMs = Math.max(...birthsIn(daemon).map(({ tookMs }) => tookMs));
  await delay(10 * longestMs + 2000);
  return decisionsOf(daemon, "recycle");
}

async function* thousand(modelDir: string, say: (progress: string) => void): AsyncGenerator<Line> {
  const daemon = await PrivateDaemon.start({ env: env(modelDir), startLimitMs: 120_000 });
  try {
    say("1000 users in 20 s");
    const from = performance.now();
    const load = { socketPath: daemon.socketPath, clients: 25, texts: texts(1000), calls: 1000, pauseMs: 460 };
    const { ok } = await runClients({ ...load, userOf: (call) => `user ${call}` });
    const seconds = round((performance.now() - from) / 1000, 1);
    const recycles = await decisionsOf(daemon, "recycle");
    const putOff = await decisionsOf(daemon, "put off");
    const begins = recycles.map(({ at, durationMs }) => Date.parse(at) - durationMs);
    const births = birthsIn(daemon).filter(({ generation }) => generation > 1);
    const paid = births.slice(0, -1).reduce((sum, { tookMs }) => sum + tookMs, 0);
    const share = round(paid / (begins.at(-1)! - begins[0]!), 3);
    yield { what: `1000 users in ${seconds} s: calls answered`, measured: ok, target: "1000", pass: ok === 1000 };
    yield { what: "recycles meanwhile", measured: recycles.length, target: "at least 2", pass: recycles.length >= 2 };
    yield {
      what: "births over the time from the first to the last of them",
      measured: share,
      target: "at most 0.1",
      pass: share <= 0.1,
    };
    yield {
      what: `decisions that tell what was put off (reached: ${putOff.map(({ measured }) => measured).join(", ")} users)`,
      measured: putOff.length,
      target: "at least 1",
      pass: putOff.length >= 1,
    };
  } finally {
    await daemon.stop();
  }
}

function env(modelDir: string): Record<string, string> {
  return { LOG_LEVEL: "info", COMBOT_MODEL_DIR: modelDir };
}
