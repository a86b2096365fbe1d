import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const START_LOOKS = 200;
const LOOK_MS = 25;

/** A Redis of the benchmark's own, on a Unix socket and nothing else. */
export class PrivateRedis {
  readonly socketPath: string;
  readonly #child: ChildProcess;

  private constructor(folder: string) {
    this.socketPath = join(folder, "redis.sock");
    const args = ["--port", "0", "--unixsocket", this.socketPath, "--save", "", "--appendonly", "no"];
    this.#child = spawn("redis-server", [...args, "--dir", folder], { stdio: "ignore" });
    this.#child.on("error", () => undefined);
  }

  /** @throws where redis-server is not installed, or does not start. */
  static async start(folder: string): Promise<PrivateRedis> {
    const redis = new PrivateRedis(folder);
    for (let look = 0; look < START_LOOKS && !existsSync(redis.socketPath); look++) await sleep(LOOK_MS);
    if (!existsSync(redis.socketPath)) throw new Error("redis-server did not start");
    return redis;
  }

  /** GETs a second, 50 clients, one command at a time each, by redis-benchmark. */
  async getsPerSecond(requests: number): Promise<number> {
    const args = ["-s", this.socketPath, "-t", "get", "-c", "50", "-n", String(requests), "--csv"];
    const { stdout } = await promisify(execFile)("redis-benchmark", args);
    return Number(/^"GET[^"]*","([\d.]+)"/m.exec(stdout)?.[1] ?? NaN);
  }

  stop(): void {
    this.#child.kill("SIGKILL");
  }
}
