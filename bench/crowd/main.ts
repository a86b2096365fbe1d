import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { PrivateDaemon } from "../../scripts/support/private-daemon.ts";
import { bundledTexts } from "../../src/lib/perf/texts.ts";
import { CLIENTS } from "../asked.ts";
import type { Benchmark, BenchOptions, Measured } from "../benchmark.ts";
import { NOTHING_DUE } from "../nothing-due.ts";
import { verdictOf } from "../serve/result.ts";
import type { CrowdOrder, CrowdResult } from "./crowd-process.ts";

const CROWD = fileURLToPath(new URL("crowd-process.ts", import.meta.url));
const MANY = 2000;
/** Fewer than the in-memory tier holds. */
const FEW_TEXTS = 50;
const MOST_P99_MS = 25;

/** Answers from memory over thousands of connections that stay open, beside those over a few. */
export const crowd: Benchmark = {
  name: "crowd",
  summary: `answers from memory over ${MANY} connections that stay open, beside ${CLIENTS}; an open loop at half of what each gets in a closed one`,
  run: compare,
};

async function compare({ quick, say, signal }: BenchOptions): Promise<Measured> {
  const rounds = quick ? 1 : 5;
  const many: CrowdResult[] = [];
  const few: CrowdResult[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const [connections, found] of [
      [MANY, many],
      [CLIENTS, few],
    ] as const) {
      signal.throwIfAborted();
      say(`crowd, round ${round} of ${rounds}: ${connections} connections`);
      found.push(await askedOver(connections, round, quick ? 2 : 8));
    }
  }
  const of = (found: readonly CrowdResult[], name: keyof CrowdResult): number[] => found.map((one) => one[name]);
  const all = [...many, ...few];
  return {
    verdicts: [
      verdictOf(`requests/s over ${MANY} connections, closed loop`, of(many, "perSecond")),
      verdictOf(`requests/s over ${CLIENTS}, closed loop`, of(few, "perSecond")),
      verdictOf(`requests/s of the open loop over ${MANY}`, of(many, "ratePerSecond")),
      verdictOf(`p50 ms over ${MANY}`, of(many, "p50Ms")),
      verdictOf(`p99 ms over ${MANY}`, of(many, "p99Ms"), { atMost: MOST_P99_MS }),
      verdictOf(`p99 ms over ${CLIENTS}, at half of its own`, of(few, "p99Ms")),
      verdictOf("of the p99 over many, by which requests began too late in the client", of(many, "latenessP99Ms")),
      verdictOf("requests failed, connections lost", [Math.max(...of(all, "failed"), ...of(all, "lost"))], {
        atMost: 0,
      }),
    ],
    notes: ["Each connection is used in its turn. The client is one process on the same machine."],
  };
}

async function askedOver(connections: number, seed: number, seconds: number): Promise<CrowdResult> {
  const daemon = await PrivateDaemon.start({ env: { LOG_LEVEL: "error", ...NOTHING_DUE } });
  try {
    const order: CrowdOrder = {
      address: { path: daemon.socketPath },
      texts: bundledTexts().texts.slice(0, FEW_TEXTS),
      connections,
      warmUpSeconds: 2,
      closedSeconds: seconds,
      openSeconds: seconds,
      seed,
    };
    const child = fork(CROWD, [JSON.stringify(order)]);
    const exited = once(child, "exit");
    const [result] = (await Promise.race([
      once(child, "message"),
      exited.then(([status]) => Promise.reject(new Error(`the clients ended with ${String(status)}`))),
    ])) as [CrowdResult];
    await exited;
    return result;
  } finally {
    await daemon.stop();
  }
}
