import type { Capability, Line } from "../record.ts";
import { FuzzedDaemon } from "../../fuzz/daemon.ts";
import { compareWays } from "../../fuzz/ways.ts";
import { tracing } from "./callers/tracing.ts";

const FULL_COMPARED = 100_000;
const COMPARED = Number(process.env["FUZZ_REQUESTS"] ?? FULL_COMPARED);
const SESSIONS_TOLD = 10_000;

/** What comes from callers' own libraries, probes and tracers. */
export const callers: Capability = {
  name: "callers",
  summary: "Both ways into classify compared, and what it costs to trace calls, with the bundled model",
  parts: [
    { name: "ways", run: ways },
    { name: "tracing", run: tracing },
  ],
};

/** The short way and Fastify's are to answer alike, whatever comes. */
async function* ways(say: (progress: string) => void): AsyncGenerator<Line> {
  const seed = Number(process.env["FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 32));
  const fuzzed = await FuzzedDaemon.start({ env: { KEEPALIVE: "30" } });
  try {
    const statuses = new Map<number, number>();
    const differences: string[] = [];
    let compared = 0;
    for (let part = 0; compared < COMPARED; part++) {
      say(`${compared} of ${COMPARED} calls compared`);
      const found = await compareWays(
        fuzzed.daemon.socketPath,
        (seed + part) >>> 0,
        Math.min(SESSIONS_TOLD, COMPARED - compared),
      );
      compared += found.compared;
      differences.push(...found.differences);
      for (const [status, count] of found.statuses) statuses.set(status, (statuses.get(status) ?? 0) + count);
    }
    for (const one of differences) process.stderr.write(`${one}\n`);
    const told = [...statuses].toSorted(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
    yield {
      what: `calls of seed ${seed}, in pipelines, sent both ways; by status`,
      measured: `${compared}; ${told.join(", ")}`,
      target: `at least ${FULL_COMPARED}`,
      pass: compared >= FULL_COMPARED,
    };
    yield {
      what: "replies that differ in status, headers that matter or body, or that belong to another call",
      measured: differences.length,
      target: "0",
      pass: differences.length === 0,
    };
    const bad = [...statuses].reduce((sum, [status, count]) => sum + (status >= 500 || status === 0 ? count : 0), 0);
    yield { what: "replies of 500 and above, and none", measured: bad, target: "0", pass: bad === 0 };
  } finally {
    await fuzzed.stop();
  }
}
