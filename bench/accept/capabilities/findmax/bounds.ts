import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BoundName } from "../../../../src/lib/protocol/perf.ts";
import { MIB } from "../../../../src/lib/units.ts";
import { RedisServer } from "../../../../test/support/redis-server.ts";
import type { Line } from "../../record.ts";
import { cpuGroup, memoryGroup } from "./groups.ts";
import { searched } from "./search.ts";
import { startSlowRedis } from "./slow-redis.ts";

type Say = (progress: string) => void;

const ONCE = ["--repeat", "1", "-d", "6s"];
/** Others use the memory of this machine, too. */
const NOT_MEMORY = ["-t", "memory=off", "-t", "memory-usage=off"];

function line(wanted: BoundName, found: BoundName | undefined, evidence: readonly string[] = []): Line {
  return {
    what: `the bound where it is ${wanted} by construction: ${evidence[0] ?? "nothing was told"}`,
    measured: found ?? "none",
    target: wanted,
    pass: found === wanted,
  };
}

/** Four machines, each of which can't do more for one reason that is known. */
export async function* namesBounds(say: Say): AsyncGenerator<Line> {
  for (const [name, bound] of [
    ["cpu", cpuBound],
    ["memory", memoryBound],
    ["redis", redisBound],
    ["generator", generatorBound],
  ] as const) {
    say(`a machine bound by ${name}`);
    const found = await bound(say);
    yield line(name, found?.by, found?.evidence);
  }
}

async function cpuBound(say: Say) {
  const group = cpuGroup(0.5);
  try {
    return (
      await searched({ args: [...ONCE, ...NOT_MEMORY, "-t", "p99=500ms"], daemon: { wrapper: group.wrapper }, say })
    ).bound;
  } finally {
    group.remove();
  }
}

const MEMORY_BYTES = 600 * MIB;
/** Grows beside the daemon to a share of the limit that is `high`, and stays there. */
const NEIGHBOUR = `const kept = [];
setInterval(() => { if (kept.length < ${Math.round((0.62 * MEMORY_BYTES) / MIB / 8)}) kept.push(Buffer.alloc(${8 * MIB}, 1)); }, 1000);`;

async function memoryBound(say: Say) {
  const group = memoryGroup(MEMORY_BYTES);
  const [command, ...rest] = [...group.wrapper, process.execPath, "-e", NEIGHBOUR];
  const meanwhile = (): (() => void) => {
    const neighbour = spawn(command, rest, { stdio: "ignore" });
    return () => void neighbour.kill("SIGKILL");
  };
  try {
    // A rate that any machine holds: what keeps it from more is to be memory alone.
    const args = [...ONCE, "--rate", "1", "-t", "p99=60s", "-t", "memory-usage=off"];
    return (await searched({ args, daemon: { wrapper: group.wrapper }, say, meanwhile })).bound;
  } finally {
    group.remove();
  }
}

const REDIS_MS = 12;
const TEXTS = 20_000;

async function redisBound(say: Say) {
  const folder = mkdtempSync(join(tmpdir(), "cf-"));
  const texts = join(folder, "texts");
  writeFileSync(texts, Array.from({ length: TEXTS }, (_, at) => `where is parcel ${at}`).join("\n"));
  const redis = await RedisServer.start();
  const slow = await startSlowRedis(redis.socketPath, REDIS_MS);
  try {
    const env = { REDIS_URL: `redis://127.0.0.1:${slow.port}`, MAX_CACHE_SIZE: "1" };
    const args = [...ONCE, ...NOT_MEMORY, "--rate", "4", "--texts", texts, "-t", "p99=25ms"];
    return (await searched({ args, daemon: { env }, say })).bound;
  } finally {
    slow.end();
    await redis.end();
    rmSync(folder, { recursive: true });
  }
}

/** A fifth of a core for command and generator. */
async function generatorBound(say: Say) {
  const group = cpuGroup(0.2);
  try {
    return (await searched({ args: [...ONCE, ...NOT_MEMORY, "-t", "p99=200ms"], wrapper: group.wrapper, say })).bound;
  } finally {
    group.remove();
  }
}
