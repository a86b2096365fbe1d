import { LAUNCHER, PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { Terminal } from "../../../../scripts/support/terminal.ts";
import { RedisServer } from "../../../../test/support/redis-server.ts";

export interface Watched {
  readonly daemon: PrivateDaemon;
  readonly redis: RedisServer;
}

/** As it is deployed: two workers, a Redis, a journal. */
export async function withWatched<T>(use: (watched: Watched) => AsyncGenerator<T>): Promise<AsyncGenerator<T>> {
  const redis = await RedisServer.start({ args: ["--maxmemory", "64mb"] });
  const daemon = await PrivateDaemon.start({ env: { LOG_LEVEL: "error", REDIS_URL: redis.url, WORKERS: "2" } });
  async function* run(): AsyncGenerator<T> {
    try {
      yield* use({ daemon, redis });
    } finally {
      await daemon.stop();
      await redis.end();
    }
  }
  return run();
}

export function monitorCommand(socketPath: string): string {
  return [process.execPath, LAUNCHER, "monitor", "--socket", socketPath].join(" ");
}

export function openMonitor(socketPath: string): Promise<Terminal> {
  return Terminal.start({ width: 120, height: 40, command: monitorCommand(socketPath) });
}

const SHOWN_LIMIT_MS = 20_000;
const LOOK_MS = 20;

/** @returns how long it took until the screen had it, in ms from this call; NaN where it never did. */
export async function timeToShow(terminal: Terminal, pattern: RegExp): Promise<number> {
  const from = performance.now();
  while (performance.now() - from < SHOWN_LIMIT_MS) {
    if (pattern.test((await terminal.screen()).join("\n"))) return performance.now() - from;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return NaN;
}
