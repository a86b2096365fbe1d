import { setTimeout as delay } from "node:timers/promises";
import type { RedisServer } from "../../../../test/support/redis-server.ts";
import { SentinelStage } from "../../../../test/support/redis-sentinel.ts";
import type { Line } from "../../record.ts";
import { round } from "../../statistics.ts";
import { forTheRecord } from "../containers/stage.ts";
import { HOSTS } from "./fleet.ts";
import type { Fleet } from "./fleet.ts";
import { loadLines, underLoad } from "./load.ts";

const CUT_MS = 30_000;
const AFTER_MS = 10_000;
const HITS_WITHIN_S = 5;
const LIMIT_MS = 60_000;
/** Of one try: each third of the slots has some. */
const TRIED_TEXTS = 12;
const CUT_HOST = 1;
const LOST_HOST = 3;

/** A master, a Sentinel's failover, a host without network, a host without power: what clients see of it. */
export async function* failures(fleet: Fleet, say: (progress: string) => void): AsyncGenerator<Line> {
  yield* masterKilled(fleet, say);
  yield* hostCutOff(fleet, say);
  const sentinel = await SentinelStage.start({ address: fleet.hub.address, wrapper: fleet.hub.wrapper });
  try {
    yield* sentinelFailsOver(fleet, sentinel, say);
    yield* hostPoweredOff(fleet, say);
  } finally {
    await sentinel.end();
  }
}

async function* masterKilled(fleet: Fleet, say: (progress: string) => void): AsyncGenerator<Line> {
  const what = "a master of the Cluster killed";
  say(what);
  await untilHits(fleet);
  const master = await firstOf(fleet.cluster.nodes, "master");
  const replicas = fleet.cluster.nodes.filter((node) => node !== master);
  const before = await mastersOf(replicas);
  const { load, outcome } = await underLoad(fleet, async () => {
    await master.kill();
    await until(async () => (await mastersOf(replicas)) > before);
    return untilHits(fleet);
  });
  yield* hitLines(what, outcome);
  yield* loadLines(what, load);
}

async function* sentinelFailsOver(
  fleet: Fleet,
  sentinel: SentinelStage,
  say: (progress: string) => void,
): AsyncGenerator<Line> {
  const what = "a Sentinel failover";
  say(`${what}: the hosts are given its Redis`);
  await fleet.writeRedisUrl(sentinel.url);
  for (const at of HOSTS.keys()) await fleet.deployOn(at, "--redis-url-file", "/root/redis-url");
  await fleet.allUp();
  await untilHits(fleet);
  say(what);
  const { load, outcome } = await underLoad(fleet, async () => {
    await sentinel.failOver();
    await until(async () => (await roleOf(sentinel.replica)) === "master");
    return untilHits(fleet);
  });
  yield* hitLines(what, outcome);
  yield* loadLines(what, load);
}

async function* hostCutOff(fleet: Fleet, say: (progress: string) => void): AsyncGenerator<Line> {
  const what = `a host cut off for ${CUT_MS / 1000} s`;
  say(what);
  const { load, outcome } = await underLoad(fleet, async () => {
    const from = performance.now();
    fleet.hub.cut(CUT_HOST);
    await fleet.front.until(HOSTS[CUT_HOST], "DOWN");
    const noticedMs = performance.now() - from;
    await delay(CUT_MS - noticedMs);
    fleet.hub.mend(CUT_HOST);
    await fleet.front.until(HOSTS[CUT_HOST], "UP");
    await delay(AFTER_MS);
    return noticedMs;
  });
  yield forTheRecord(`${what}: until the balancer sends nothing there, s`, round(outcome / 1000, 1));
  yield* loadLines(what, load);
}

async function* hostPoweredOff(fleet: Fleet, say: (progress: string) => void): AsyncGenerator<Line> {
  const what = "a host powered off";
  say(what);
  const { load } = await underLoad(fleet, async () => {
    // Nobody is told that its connections have ended.
    fleet.hub.cut(LOST_HOST);
    process.kill(fleet.machines[LOST_HOST]!.pid, "SIGKILL");
    await fleet.front.until(HOSTS[LOST_HOST], "DOWN");
    await delay(AFTER_MS);
  });
  yield* loadLines(what, load);
}

function* hitLines(what: string, seconds: number): Generator<Line> {
  yield {
    what: `${what}: from the new master on, until one host finds what another has written, s`,
    measured: round(seconds, 1),
    target: `at most ${HITS_WITHIN_S}`,
    pass: seconds <= HITS_WITHIN_S,
  };
}

let tries = 0;

/** @returns seconds until all texts that one host has computed are found in Redis by the next one. */
async function untilHits(fleet: Fleet): Promise<number> {
  const from = performance.now();
  await until(async () => {
    const texts = Array.from({ length: TRIED_TEXTS }, (_, at) => `is order ${++tries} of ${at} ok`);
    for (const text of texts) await fleet.classifyOn(0, text);
    // What is written to Redis is not waited for.
    await delay(50);
    for (const text of texts) if ((await fleet.classifyOn(1, text)).cached !== "redis") return false;
    return true;
  });
  return (performance.now() - from) / 1000;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const limit = performance.now() + LIMIT_MS; !(await holds()); await delay(50))
    if (performance.now() > limit) throw new Error("it did not come to it within a minute");
}

async function firstOf(nodes: readonly RedisServer[], role: string): Promise<RedisServer> {
  for (const node of nodes) if ((await roleOf(node)) === role) return node;
  throw new Error(`no ${role}`);
}

async function mastersOf(nodes: readonly RedisServer[]): Promise<number> {
  const roles = await Promise.all(nodes.map((node) => roleOf(node)));
  return roles.filter((role) => role === "master").length;
}

async function roleOf(node: RedisServer): Promise<string> {
  return String((await node.ask((redis) => redis.role()))[0]);
}
