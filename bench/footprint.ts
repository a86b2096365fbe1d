import { setTimeout as sleep } from "node:timers/promises";
import { PrivateDaemon } from "../scripts/support/private-daemon.ts";
import { rssBytes, treeOf } from "../scripts/support/process-tree.ts";
import { readProcessMemory } from "../src/daemon/memory/process-memory.ts";
import { Client } from "../src/lib/client.ts";
import { cpuSecondsOf } from "../src/lib/perf/watch/cpu-time.ts";
import { RedisServer } from "../test/support/redis-server.ts";
import type { Benchmark } from "./benchmark.ts";
import { runLoad } from "./generator.ts";
import { openBenchModel } from "./serve/model.ts";
import { verdictOf } from "./serve/result.ts";

const MODEL = "distilbert-int8";
const MB = 1e6;
/** V8 gives back what the start has taken when nothing has happened for a while. */
const SETTLED_AFTER_MS = 30_000;
const IDLE_SECONDS = 60;

/** What it takes when nothing is asked, when much is, and when somebody watches. */
export const footprint: Benchmark = {
  name: "footprint",
  summary: `memory of the daemon and of its tree at rest and after load, and what being watched costs (${MODEL})`,
  run: async ({ quick, say, signal }) => {
    const model = await openBenchModel({ preset: MODEL }, say);
    const seconds = quick ? 3 : 10;
    say("footprint: idle");
    const idle = await idleRss(quick);
    const env = { LOG_LEVEL: "error", COMBOT_MODEL_DIR: model.dir };
    const daemon = await PrivateDaemon.start({ env, startLimitMs: 120_000 });
    try {
      await daemon.json("POST", "/api/model/load/?wait=true");
      say("footprint: at rest");
      await sleep(seconds * 1000);
      const atRest = await pssOf(daemon.pid);
      const unwatched = await cpuShareOf(daemon.pid, seconds);
      say("footprint: watched");
      const watched = await watching(daemon, () => cpuShareOf(daemon.pid, seconds));
      say("footprint: under load");
      const { requests } = await runLoad({ address: { path: daemon.socketPath }, seconds, isUnique: true }, signal);
      const loaded = await pssOf(daemon.pid);
      return {
        verdicts: [
          verdictOf("daemon idle with the bundled model, Redis and journal, RSS in MB", idle, { atMost: 90 }),
          verdictOf("tree at rest, two workers, PSS in MB", [atRest]),
          verdictOf("tree after load, PSS in MB", [loaded]),
          verdictOf("daemon after load, RSS in MB", [rssBytes(daemon.pid) / MB]),
          verdictOf("CPU of the daemon idle, % of a core", [unwatched]),
          verdictOf("CPU of the daemon while one listens to its events, % of a core", [watched]),
        ],
        notes: [`${requests.answered} requests between the two weighings of the tree.`],
      };
    } finally {
      await daemon.stop();
    }
  },
};

/** In MB, once a second, of a daemon with Redis and a journal: its writer comes and goes. */
async function idleRss(quick: boolean): Promise<number[]> {
  const redis = await RedisServer.start({ port: 0 });
  const daemon = await PrivateDaemon.start({ env: { LOG_LEVEL: "error", REDIS_URL: redis.unixUrl } });
  try {
    await sleep(quick ? 3000 : SETTLED_AFTER_MS);
    const found: number[] = [];
    for (let second = 0; second < (quick ? 3 : IDLE_SECONDS); second++) {
      await sleep(1000);
      found.push(rssBytes(daemon.pid) / MB);
    }
    return found;
  } finally {
    await daemon.stop();
    await redis.end();
  }
}

async function pssOf(pid: number): Promise<number> {
  const all = await Promise.all(treeOf(pid).map((one) => readProcessMemory(one)));
  return all.reduce((sum, memory) => sum + (memory?.pssBytes ?? 0), 0) / MB;
}

async function cpuShareOf(pid: number, seconds: number): Promise<number> {
  const from = cpuSecondsOf(pid) ?? NaN;
  await sleep(seconds * 1000);
  return (100 * ((cpuSecondsOf(pid) ?? NaN) - from)) / seconds;
}

async function watching<T>({ socketPath, controlPath }: PrivateDaemon, work: () => Promise<T>): Promise<T> {
  const client = new Client({ path: socketPath, controlPath });
  const stop = new AbortController();
  const listening = drain(client.events({ signal: stop.signal })).catch(() => undefined);
  try {
    return await work();
  } finally {
    stop.abort();
    await listening;
    client.close();
  }
}

async function drain(events: AsyncIterable<unknown>): Promise<number> {
  let heard = 0;
  for await (const event of events) heard += event === undefined ? 0 : 1;
  return heard;
}
