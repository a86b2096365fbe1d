import { setTimeout as delay } from "node:timers/promises";
import type { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { callSocket, keepAliveAgent } from "../../../../scripts/support/socket-request.ts";
import type { ClassifyReply } from "../../../../src/lib/protocol/classify.ts";
import type { DecisionsReply } from "../../../../src/lib/protocol/decisions.ts";
import type { MemoryReport } from "../../../../src/lib/protocol/memory.ts";
import { createRandom } from "../../../../src/lib/random.ts";
import { zipf } from "../../../../src/lib/perf/load/zipf.ts";
import { quantile } from "../../statistics.ts";

export interface OpenLoad {
  readonly texts: readonly string[];
  readonly users: number;
  readonly perSecond: number;
  readonly warmUpMs: number;
  readonly lengthMs: number;
  readonly say: (progress: string) => void;
}

/** What a run of the real daemon came to; what is asked while it warms up is not counted. */
export interface Measured {
  readonly perSecond: number;
  readonly offered: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly hitRate: number;
  readonly recycles: number;
  /** Mean of all processes together; of PSS others that map the same Node take a part. */
  readonly anonymousBytes: number;
  readonly pssBytes: number;
  /** What the load itself took of the processors, for each request. */
  readonly loadMs: number;
}

const CONNECTIONS = 500;
const MEMORY_EVERY_MS = 5000;

interface Counts {
  readonly latenciesMs: number[];
  offered: number;
  hits: number;
  misses: number;
  failed: number;
}

/** Independent users, equally busy: requests begin when they are to, whatever became of those before them. */
export async function runOpenLoop(daemon: PrivateDaemon, load: OpenLoad): Promise<Measured> {
  const { warmUpMs, lengthMs, perSecond, say } = load;
  const counts: Counts = { latenciesMs: [], offered: 0, hits: 0, misses: 0, failed: 0 };
  const ask = asker(daemon.socketPath, load, counts);
  const random = createRandom(20_261_130);
  const from = performance.now();
  let since = new Date().toISOString();
  let cpu = process.cpuUsage();
  let isCounting = false;
  const memory: MemoryReport["processes"][] = [];
  const watch = setInterval(() => void (isCounting && readMemory(daemon, memory)), MEMORY_EVERY_MS);
  const under = new Set<Promise<void>>();
  let atMs = 0;
  for (let number = 0; atMs < warmUpMs + lengthMs; number++) {
    atMs -= (Math.log(1 - random()) * 1000) / perSecond;
    const waitMs = from + atMs - performance.now();
    if (waitMs > 1) await delay(waitMs);
    if (!isCounting && atMs >= warmUpMs) {
      isCounting = true;
      since = new Date().toISOString();
      cpu = process.cpuUsage();
    }
    const asked = ask(from + atMs, isCounting).finally(() => under.delete(asked));
    under.add(asked);
    if (number % 1000 === 0) say(`${Math.round(atMs / 1000)} of ${Math.round((warmUpMs + lengthMs) / 1000)} s`);
  }
  await Promise.all(under);
  clearInterval(watch);
  const { user, system } = process.cpuUsage(cpu);
  const { decisions } = await daemon.json<DecisionsReply>("GET", `/api/decisions/?since=${since}&limit=1000`);
  const { latenciesMs, offered, hits, misses, failed } = counts;
  return {
    perSecond: (latenciesMs.length * 1000) / lengthMs,
    offered,
    failed,
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
    hitRate: hits / Math.max(1, hits + misses),
    recycles: decisions.filter(({ action }) => action === "recycle").length,
    anonymousBytes: meanOf(memory, ({ rssBytes, mappedBytes }) => rssBytes - mappedBytes),
    pssBytes: meanOf(memory, ({ pssBytes }) => pssBytes),
    loadMs: (user + system) / 1000 / Math.max(1, offered),
  };
}

function asker(socketPath: string, { texts, users }: OpenLoad, counts: Counts) {
  const agent = keepAliveAgent(CONNECTIONS);
  const random = createRandom(7);
  const draw = zipf(texts.length, random);
  return async (dueMs: number, isCounted: boolean): Promise<void> => {
    const body = { text: texts[draw()], user: `user ${Math.floor(random() * users)}` };
    const outcome = await callSocket({ socketPath, method: "POST", path: "/api/classify/", body, agent }).catch(
      () => undefined,
    );
    if (!isCounted) return;
    counts.offered += 1;
    if (outcome?.status !== 200) return void (counts.failed += 1);
    counts.latenciesMs.push(performance.now() - dueMs);
    const [result] = (JSON.parse(outcome.text) as ClassifyReply).results;
    if (result?.cached !== false) counts.hits += 1;
    else if (result.coalesced !== true) counts.misses += 1;
  };
}

type Processes = MemoryReport["processes"];

async function readMemory(daemon: PrivateDaemon, into: Processes[]): Promise<void> {
  into.push((await daemon.json<MemoryReport>("GET", "/api/memory/")).processes);
}

/** Of all processes together. */
function meanOf(readings: readonly Processes[], of: (process: Processes[number]) => number): number {
  return readings.flat().reduce((sum, one) => sum + of(one), 0) / readings.length;
}
