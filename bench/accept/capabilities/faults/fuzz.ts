import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { MemoryCgroup } from "../../../../scripts/support/process-tree.ts";
import type { Health } from "../../../../src/lib/protocol/health.ts";
import type { ProcessStatus } from "../../../../src/lib/protocol/process.ts";
import { MIB } from "../../../../src/lib/units.ts";
import { Callers } from "../../../fuzz/callers.ts";
import { FuzzedDaemon } from "../../../fuzz/daemon.ts";
import { compareWays } from "../../../fuzz/ways.ts";
import type { Line } from "../../record.ts";
import { round } from "../../statistics.ts";
import { collectedHeapBytes, INSPECTABLE } from "../memory/inspector.ts";
import { longestStalls, stallLine } from "./stalls.ts";
import type { Stalls } from "./stalls.ts";

const REQUESTS = Number(process.env["FUZZ_REQUESTS"] ?? 1_000_000);
/** What is made once, such as compiled code and the cache, is no growth. */
const WARM_UP_REQUESTS = 20_000;
/** Of the named token, a minute: what comes in that time is ten times as much. */
const NAMED_RATE = 6000;
const COMPARED = 20_000;
const LIMIT_BYTES = 1024 * MIB;
const MOST_GROWTH = 0.1;
const SETTLE_MS = 60_000;

/** By five callers on both sockets and over TCP, in a cgroup of 1 GiB. FUZZ_SEED makes the same requests again. */
export async function* fuzz(say: (progress: string) => void): AsyncGenerator<Line> {
  const seed = Number(process.env["FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 32));
  say(`seed ${seed}`);
  const load = round((loadavg()[0] ?? 0) / availableParallelism());
  const busy = "load of the machine before it, a core: where it is not idle, turns are not the daemon's alone";
  yield { what: busy, measured: load, target: "for the record", pass: true };
  const cgroup = new MemoryCgroup("combot-fuzz");
  cgroup.limitBytes = LIMIT_BYTES;
  const env = { ...INSPECTABLE, KEEPALIVE: "30" };
  const fuzzed = await FuzzedDaemon.start({ env, wrapper: cgroup.wrapper }, NAMED_RATE);
  try {
    const warming = new Callers(fuzzed.orders(seed + 1, WARM_UP_REQUESTS));
    await warming.done;
    const before = await memoryOf(fuzzed, cgroup, Infinity);
    const callers = new Callers(fuzzed.orders(seed, REQUESTS));
    const told = new Set<string>();
    const stalls = await longestStalls(fuzzed.daemon, callers, (longest) => {
      const { sent, failed, failures } = callers.tally;
      for (const one of failures.map((failure) => `failed: ${again(seed, failure)}: ${failure.what}`)) {
        if (!told.has(one)) say(one);
        told.add(one);
      }
      say(`${sent} of ${REQUESTS} requests, ${failed} failed, longest turn ${round(longest.ownMs, 1)} ms`);
    }).catch((error: unknown) => String(error));
    if (typeof stalls === "string") {
      callers.end();
      yield cutOffLine(seed, stalls, callers);
      return;
    }
    yield* linesOf(seed, callers, stalls);
    const { compared, differences } = await compareWays(fuzzed.daemon.socketPath, seed, COMPARED);
    yield {
      what: "calls sent both ways into classify, in pipelines; replies that differ or are another's",
      measured: `${compared}, ${differences.length}`,
      target: "0",
      pass: differences.length === 0,
    };
    yield* lifeLines(await fuzzed.daemon.json<ProcessStatus>("GET", "/api/process/status/"), fuzzed);
    const after = await memoryOf(fuzzed, cgroup, before.usedMib * (1 + MOST_GROWTH));
    yield {
      what: "memory of the cgroup without file pages, MiB, before and after; the daemon's heap",
      measured: `${before.usedMib}, ${after.usedMib}; ${before.heapMib}, ${after.heapMib}`,
      target: `at most ${MOST_GROWTH * 100} % more, within a minute`,
      pass: after.usedMib <= before.usedMib * (1 + MOST_GROWTH),
    };
  } finally {
    await fuzzed.stop();
    await removed(cgroup);
  }
}

function* linesOf(seed: number, { tally }: Callers, stalls: Stalls): Generator<Line> {
  const { sent, bytes, sessions, statuses, full, failures, failed } = tally;
  const told = [...statuses].toSorted(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
  yield {
    what: `requests of seed ${seed}, in ${sessions} sessions of ${round(bytes / MIB, 0)} MiB; replies by status`,
    measured: `${sent}; ${told.join(", ")}`,
    target: `at least ${REQUESTS}`,
    pass: sent >= REQUESTS,
  };
  if (failed > 0) writeFailures(seed, failures);
  yield {
    what: "replies of 500 and above, but for those that rightly say that the service is full, and replies that never came",
    measured: failed,
    target: "0",
    pass: failed === 0,
  };
  for (const [code, { count, why }] of full) {
    yield { what: `${code}, counted apart: ${why}`, measured: count, target: "for the record", pass: true };
  }
  yield stallLine(stalls);
}

/** The daemon has died, or answers nobody any more. */
function cutOffLine(seed: number, error: string, { indices, tally }: Callers): Line {
  const at = indices.map((index, caller) => `caller ${caller} at ${index}`).join(", ");
  return {
    what: `requests of seed ${seed} until it was cut off (${error}), ${at}`,
    measured: tally.sent,
    target: `${REQUESTS}`,
    pass: false,
  };
}

/** What sends it alone. */
function again(seed: number, { caller, index }: Callers["tally"]["failures"][number]): string {
  return `node bench/fuzz/main.ts ${seed} ${caller} ${index}`;
}

function writeFailures(seed: number, failures: Callers["tally"]["failures"]): void {
  const folder = join(tmpdir(), "combot-fuzz");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${seed}.json`);
  const told = failures.map((one) => ({ ...one, again: again(seed, one) }));
  writeFileSync(path, `${JSON.stringify(told, null, 2)}\n`);
  process.stderr.write(`what failed is in ${path}\n`);
}

function* lifeLines({ daemon, recycles }: ProcessStatus, fuzzed: FuzzedDaemon): Generator<Line> {
  const isAlive = daemon.pid === fuzzed.daemon.pid;
  yield { what: "the daemon is the one that was started", measured: isAlive, target: "true", pass: isAlive };
  const { crash, hung } = recycles.byReason;
  yield {
    what: "workers that crashed; that hung",
    measured: `${crash}; ${hung}`,
    target: "0; 0",
    pass: crash === 0 && hung === 0,
  };
  const defects = fuzzed.daemon.log.split("\n").filter((line) => /"level":[56]0/u.test(line));
  for (const line of defects.slice(0, 10)) process.stderr.write(`${line}\n`);
  yield { what: "errors in the log", measured: defects.length, target: "0", pass: defects.length === 0 };
}

/** When workers serve again and nothing is in work; at the latest after a minute. */
async function memoryOf({ daemon }: FuzzedDaemon, cgroup: MemoryCgroup, mostMib: number) {
  await daemon.json("POST", "/api/model/load/?wait=true");
  for (const until = performance.now() + SETTLE_MS; performance.now() < until; await delay(1000)) {
    const heapMib = round((await collectedHeapBytes(daemon)) / MIB, 1);
    const usedMib = round(cgroup.usedBytes / MIB, 1);
    const { status } = await daemon.json<Health>("GET", "/api/health/");
    if ((status === "ok" && usedMib <= mostMib) || performance.now() + 1000 > until) return { heapMib, usedMib };
  }
  throw new Error("unreachable");
}

/** Its processes take a moment to leave it. */
async function removed(cgroup: MemoryCgroup): Promise<void> {
  for (let left = 100; left > 0; left--) {
    try {
      return cgroup.remove();
    } catch {
      await delay(50);
    }
  }
}
