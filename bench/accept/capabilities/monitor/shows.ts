import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import type { Health } from "../../../../src/lib/protocol/health.ts";
import type { MemoryReport } from "../../../../src/lib/protocol/memory.ts";
import type { ProcessStatus } from "../../../../src/lib/protocol/process.ts";
import type { Line, Part } from "../../record.ts";
import { round } from "../../statistics.ts";
import { openMonitor, timeToShow, withWatched } from "./watched.ts";

const LIMIT_MS = 2000;
const LEVEL_LIMIT_MS = 20_000;

/** From what happens to its being on the screen. */
export const shows: Part = {
  name: "shows",
  async *run(say): AsyncGenerator<Line> {
    yield* await withWatched(async function* ({ daemon, redis }): AsyncGenerator<Line> {
      const terminal = await openMonitor(daemon.socketPath);
      try {
        await timeToShow(terminal, /worker 1 +\d+ ready/);
        say("a worker");
        const { workers } = await daemon.json<ProcessStatus>("GET", "/api/process/status/");
        process.kill(workers[0]?.pid ?? 0, "SIGKILL");
        yield line("a killed worker", await timeToShow(terminal, /worker died: crash; slot 0/));
        say("Redis");
        await redis.kill();
        yield line("a killed Redis", await timeToShow(terminal, /redis +down/));
        await redis.run();
        await timeToShow(terminal, /redis +up/);
        say("pressure");
        yield line("the daemon reaching a memory level", await pressed());
      } finally {
        await terminal.end();
      }
    });
    yield* coming(say);
  },
};

const WARNING = 0.2;
const UNLOADED = { LOG_LEVEL: "error", WORKERS: "1", PRELOAD: "false", DATABASE_URL: "off" };

/** A limit of which a daemon takes less than the warning level without its model, and more with it. */
async function limitBetween(): Promise<number> {
  const daemon = await PrivateDaemon.start({ env: { ...UNLOADED, MEMORY_LIMIT: "8G" } });
  try {
    const used = async (): Promise<number> => (await daemon.json<MemoryReport>("GET", "/api/memory/")).usedBytes;
    const unloaded = await used();
    await daemon.json("POST", "/api/model/load/?wait=true");
    return Math.round((unloaded + (await used())) / 2 / WARNING);
  } finally {
    await daemon.stop();
  }
}

/** From the daemon's knowing it, which takes two readings: a worker's load crosses the warning level of a small limit. */
async function pressed(): Promise<number> {
  const levels = { MAX_MEMORY_USAGE: "0.9", MEMORY_FORCE_CLEANUP: "0.95", CRITICAL_MEMORY_USAGE: "0.97" };
  const limit = { MEMORY_LIMIT: String(await limitBetween()), MEMORY_WARNING: String(WARNING) };
  const daemon = await PrivateDaemon.start({ env: { ...UNLOADED, ...levels, ...limit } });
  const terminal = await openMonitor(daemon.socketPath);
  try {
    await timeToShow(terminal, /% normal/);
    await daemon.json("POST", "/api/model/load/?wait=true");
    const levelOf = async (): Promise<string> =>
      (await daemon.json<Health>("GET", "/api/health/")).checks.memory.detail;
    const latest = performance.now() + LEVEL_LIMIT_MS;
    while (!(await levelOf()).startsWith("warning")) {
      if (performance.now() > latest) throw new Error(`no warning: ${await levelOf()}`);
      await delay(20);
    }
    return await timeToShow(terminal, /% warning/);
  } finally {
    await terminal.end();
    await daemon.stop();
  }
}

async function* coming(say: (progress: string) => void): AsyncGenerator<Line> {
  const options = { env: { LOG_LEVEL: "error", WORKERS: "1" } };
  const daemon = await PrivateDaemon.start(options);
  const terminal = await openMonitor(daemon.socketPath);
  try {
    say("the daemon");
    await timeToShow(terminal, /worker 0 +\d+ ready/);
    process.kill(daemon.pid, "SIGKILL");
    yield line("a killed daemon", await timeToShow(terminal, /is down since/));
    await daemon.ended;
    const again = await PrivateDaemon.start(options, dirname(dirname(daemon.socketPath)));
    yield line("a daemon that answers again", await timeToShow(terminal, /^combot \S+ is ok/));
    await again.stop();
  } finally {
    await terminal.end();
  }
}

function line(what: string, tookMs: number): Line {
  const measured = round(tookMs / 1000, 2);
  return { what: `${what} is on the screen after, in s`, measured, target: "at most 2", pass: tookMs <= LIMIT_MS };
}
