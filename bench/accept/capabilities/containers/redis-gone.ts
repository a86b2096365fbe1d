import { setTimeout as delay } from "node:timers/promises";
import { runClients } from "../../clients.ts";
import type { Health } from "../../../../src/lib/protocol/health.ts";
import type { MemoryReport } from "../../../../src/lib/protocol/memory.ts";
import type { Line } from "../../record.ts";
import { quantile, round } from "../../statistics.ts";
import { shopTexts } from "../shop-texts.ts";
import { Front } from "../../front.ts";
import { readInside } from "./inside.ts";
import { ask, headersOf, read } from "./pod-calls.ts";
import type { Door } from "./pod-calls.ts";
import { withPods } from "./pods.ts";
import { exactly, forTheRecord } from "./stage.ts";

const CLIENTS = 20;
const PAUSE_MS = 20;
const BEFORE_MS = 3000;
const TOLD_LIMIT_MS = 30_000;
const GONE_MS = 15_000;

/** The Redis that the pods share is away with its node. */
export const redisGone = withPods("redis", async function* ({ engine, folder }, pods, say) {
  const a = await pods.play("a");
  await pods.play("b");
  const front = await Front.start(pods.front(folder));
  const door = pods.door("a");
  let isOver = false;
  try {
    yield* healthOf("with Redis", door, "ok", "ok");
    for (const slot of ["a", "b"] as const) await front.until(slot, "UP");
    const texts = shopTexts().slice(0, 200);
    const { socketPath } = front;
    const options = { socketPath, clients: CLIENTS, pauseMs: PAUSE_MS, texts, headers: headersOf(door) };
    const load = runClients({ ...options, isCached: true, isOver: () => isOver });
    await delay(BEFORE_MS);
    say("Redis is gone");
    await pods.killRedis();
    yield forTheRecord("health tells it after, s", round((await untilTold(door, "degraded")) / 1000, 1));
    await delay(GONE_MS);
    yield* healthOf("without", door, "degraded", "degraded");
    const { level } = await readInside<MemoryReport>(engine, a.container, "/api/memory/");
    yield exactly("level of memory without", level, "normal");
    yield exactly("/readyz without", (await ask(door, "/readyz")).status, 200);
    say("Redis is back");
    await pods.startRedis();
    yield forTheRecord("back, and health tells it after, s", round((await untilTold(door, "ok")) / 1000, 1));
    yield* healthOf("with Redis again", door, "ok", "ok");
    isOver = true;
    const { sent, ok, failures, latenciesMs } = await load;
    yield forTheRecord("calls meanwhile, and the longest, ms", `${sent}, ${round(quantile(latenciesMs, 1), 0)}`);
    yield exactly("of these failed", [...failures.keys()].join("; ") || sent - ok, 0);
  } finally {
    isOver = true;
    await front.end();
  }
});

async function* healthOf(when: string, door: Door, whole: string, redis: string): AsyncGenerator<Line> {
  const { status, checks } = await read<Health>(door, "/api/health/");
  yield exactly(`health ${when}: all of it, Redis`, `${status}, ${checks.redis.status}`, `${whole}, ${redis}`);
}

async function untilTold(door: Door, status: string): Promise<number> {
  const fromMs = performance.now();
  while (performance.now() - fromMs < TOLD_LIMIT_MS) {
    if ((await read<Health>(door, "/api/health/")).checks.redis.status === status) return performance.now() - fromMs;
    await delay(100);
  }
  return NaN;
}
