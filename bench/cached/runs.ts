import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PrivateDaemon } from "../../scripts/support/private-daemon.ts";
import type { Address } from "../../src/lib/perf/load/address.ts";
import type { LoadSummary } from "../../src/lib/perf/summary.ts";
import { bundledTexts } from "../../src/lib/perf/texts.ts";
import { RedisServer } from "../../test/support/redis-server.ts";
import { Asked, CLIENTS, takeTurns } from "../asked.ts";
import type { Answers } from "../asked.ts";
import { runLoad } from "../generator.ts";
import { NOTHING_DUE } from "../nothing-due.ts";

const BARE = fileURLToPath(new URL("bare-process.ts", import.meta.url));
/** Fewer than the in-memory tier holds. */
const FEW_TEXTS = 50;
const FILLED_AT_ONCE = 200;
const COMPILED_AFTER_SECONDS = 5;
/** Of a fifth of a second each; what is counted is that of code which has been compiled. */
export const TURNS = { warmUp: 20, turns: 15 };

export type Source = "bare" | "memory" | "redis";

interface Server {
  readonly address: Address;
  readonly texts: readonly string[];
}

/** Servers that answer the same questions out of different places, each started for its run alone. */
export class CachedRuns {
  readonly redis: RedisServer;
  readonly #folder: string;
  readonly #signal: AbortSignal;
  /** What combot answers, for the server that does nothing but answer. */
  #reply = "";

  private constructor(redis: RedisServer, folder: string, signal: AbortSignal) {
    this.redis = redis;
    this.#folder = folder;
    this.#signal = signal;
  }

  /** @throws where redis-server is not installed. */
  static async start(signal: AbortSignal): Promise<CachedRuns> {
    const redis = await RedisServer.start({ port: 0 });
    return new CachedRuns(redis, mkdtempSync(join(tmpdir(), "cb-")), signal);
  }

  /** One of them, started for this run alone, asked at a rate. */
  openLoop(source: Source, ratePerSecond: number, seconds: number): Promise<LoadSummary> {
    return this.#with(source, async (server) => {
      // An open loop doesn't wait for code that has yet to be compiled: what piles up meanwhile would be measured.
      await runLoad({ ...server, seconds: COMPILED_AFTER_SECONDS }, this.#signal);
      const open = { ratePerSecond, arrivals: "poisson", connections: CLIENTS } as const;
      return runLoad({ ...server, seconds, open }, this.#signal);
    });
  }

  /** All of them, started anew, in turns of a fifth of a second. */
  inTurns(turns: { readonly warmUp: number; readonly turns: number }): Promise<Record<Source, Answers>> {
    return this.#with("bare", (bare) =>
      this.#with("memory", (memory) =>
        this.#with("redis", async (redis) => {
          const asked = (server: Server): Asked => new Asked(server.address, server);
          const all = { bare: asked(bare), memory: asked(memory), redis: asked(redis) };
          try {
            return await takeTurns(all, turns);
          } finally {
            for (const one of Object.values(all)) one.close();
          }
        }),
      ),
    );
  }

  async end(): Promise<void> {
    await this.redis.end();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #with<T>(source: Source, use: (server: Server) => Promise<T>): Promise<T> {
    if (source === "bare") return this.#bare(use);
    return source === "memory" ? this.#memory(use) : this.#redis(use);
  }

  async #bare<T>(use: (server: Server) => Promise<T>): Promise<T> {
    this.#reply ||= await sampleReply();
    const path = join(this.#folder, "bare.sock");
    const child = fork(BARE, [path, this.#reply]);
    try {
      await once(child, "message");
      return await use({ address: { path }, texts: bundledTexts().texts });
    } finally {
      child.kill();
      await once(child, "exit");
      rmSync(path, { force: true });
    }
  }

  #memory<T>(use: (server: Server) => Promise<T>): Promise<T> {
    const texts = bundledTexts().texts.slice(0, FEW_TEXTS);
    return withDaemon({}, ({ socketPath }) => use({ address: { path: socketPath }, texts }));
  }

  /** One entry in memory: what is asked next is hardly ever it. Every text was asked once before. */
  #redis<T>(use: (server: Server) => Promise<T>): Promise<T> {
    const env = { REDIS_URL: this.redis.unixUrl, MAX_CACHE_SIZE: "1" };
    return withDaemon(env, async (daemon) => {
      const { texts } = bundledTexts();
      for (let from = 0; from < texts.length; from += FILLED_AT_ONCE)
        await daemon.json("POST", "/api/classify/", { texts: texts.slice(from, from + FILLED_AT_ONCE) });
      return use({ address: { path: daemon.socketPath }, texts });
    });
  }
}

/** Of a text that is in memory. */
async function sampleReply(): Promise<string> {
  return withDaemon({}, async (daemon) => {
    const body = { text: bundledTexts().texts[0] };
    await daemon.ask("POST", "/api/classify/", body);
    return (await daemon.ask("POST", "/api/classify/", body)).text;
  });
}

async function withDaemon<T>(
  env: Readonly<Record<string, string>>,
  use: (daemon: PrivateDaemon) => Promise<T>,
): Promise<T> {
  const daemon = await PrivateDaemon.start({ env: { LOG_LEVEL: "error", ...NOTHING_DUE, ...env } });
  try {
    return await use(daemon);
  } finally {
    await daemon.stop();
  }
}
