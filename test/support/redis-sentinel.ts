import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { freePort } from "../../scripts/support/free-port.ts";
import { RedisServer } from "./redis-server.ts";
import { temporaryFolder } from "./temporary.ts";

export const NAME = "answers";
const SENTINELS = 3;
/** After so long without an answer a master is down, to one sentinel. */
const DOWN_MS = 500;
const LIMIT_MS = 60_000;

/** A master, a replica and three sentinels who agree by two. */
export class SentinelStage {
  readonly master: RedisServer;
  readonly replica: RedisServer;
  readonly #sentinels: readonly { readonly child: ChildProcess; readonly port: number }[];

  private constructor(servers: readonly [RedisServer, RedisServer], sentinels: SentinelStage["sentinels"]) {
    [this.master, this.replica] = servers;
    this.#sentinels = sentinels;
  }

  static async start(): Promise<SentinelStage> {
    const master = await RedisServer.start();
    const replica = await RedisServer.start({ args: ["--replicaof", "127.0.0.1", String(master.port)] });
    await until(async () =>
      (await replica.ask((redis) => redis.info("replication"))).includes("master_link_status:up"),
    );
    const folder = temporaryFolder();
    const sentinels: { child: ChildProcess; port: number }[] = [];
    for (let at = 0; at < SENTINELS; at++) {
      const port = await freePort();
      const file = join(folder, `sentinel-${at}.conf`);
      const lines = [
        `port ${port}`,
        `dir ${folder}`,
        `sentinel monitor ${NAME} 127.0.0.1 ${master.port} 2`,
        `sentinel down-after-milliseconds ${NAME} ${DOWN_MS}`,
        `sentinel failover-timeout ${NAME} 5000`,
      ];
      writeFileSync(file, `${lines.join("\n")}\n`);
      sentinels.push({ child: spawn("redis-server", [file, "--sentinel"], { stdio: "ignore" }), port });
    }
    const stage = new SentinelStage([master, replica], sentinels);
    for (const { port } of sentinels) await until(() => knowsTheOthers(port));
    return stage;
  }

  get sentinels(): readonly { readonly child: ChildProcess; readonly port: number }[] {
    return this.#sentinels;
  }

  get url(): string {
    return `sentinel://${this.#sentinels.map(({ port }) => `127.0.0.1:${port}`).join(",")}/${NAME}`;
  }

  /** As an operator asks for it; refused as long as the sentinels are busy with the last one. */
  async failOver(): Promise<void> {
    await until(() => isTaken(this.#sentinels.at(-1)!.port, ["FAILOVER", NAME]));
  }

  async end(): Promise<void> {
    for (const { child } of this.#sentinels) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    await Promise.all([this.master.end(), this.replica.end()]);
  }
}

async function isTaken(port: number, args: readonly string[]): Promise<boolean> {
  return (await sentinel(port, (redis) => redis.call("SENTINEL", ...args))) === "OK";
}

/** Undefined where it does not answer, or refuses. */
async function sentinel<T>(port: number, use: (redis: Redis) => Promise<T>): Promise<T | undefined> {
  const redis = new Redis({ port, lazyConnect: true, retryStrategy: null });
  redis.on("error", () => undefined);
  try {
    await redis.connect();
    return await use(redis);
  } catch {
    return undefined;
  } finally {
    redis.disconnect();
  }
}

/** Of the replica and of the two other sentinels: before that a failover has nobody to turn to. */
async function knowsTheOthers(port: number): Promise<boolean> {
  const fields = (await sentinel(port, (redis) => redis.call("SENTINEL", "MASTER", NAME))) as string[] | undefined;
  const of = (field: string): number => Number(fields?.[fields.indexOf(field) + 1]);
  return of("num-slaves") === 1 && of("num-other-sentinels") === SENTINELS - 1;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const limit = Date.now() + LIMIT_MS;
  while (!(await holds())) {
    if (Date.now() > limit) throw new Error("Sentinel did not come together");
    await delay(50);
  }
}
