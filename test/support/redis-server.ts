import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { freePort } from "../../scripts/support/free-port.ts";

export interface RedisServerOptions {
  /** Beside those every one has, as on the command line: `["--maxmemory", "5mb"]`. */
  readonly args?: readonly string[];
  /** Put in front of the command, as `ip netns exec NAME`. */
  readonly wrapper?: readonly string[];
  /** 0: a Unix socket alone. A free one by default. */
  readonly port?: number;
  readonly password?: string;
}

const UP_LIMIT_MS = 20_000;

/** A Redis of one's own: its process, its folder, a Unix socket and a port; keeps nothing on disk. */
export class RedisServer {
  readonly folder: string;
  readonly socketPath: string;
  readonly port: number;
  readonly #options: RedisServerOptions;
  #child: ChildProcess | undefined;

  private constructor(options: RedisServerOptions, folder: string, port: number) {
    this.#options = options;
    this.folder = folder;
    this.socketPath = join(folder, "redis.sock");
    this.port = port;
  }

  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const folder = mkdtempSync(join(tmpdir(), "cr-"));
    const server = new RedisServer(options, folder, options.port ?? (await freePort()));
    await server.run();
    return server;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get unixUrl(): string {
    return `unix://${this.socketPath}`;
  }

  /** Starts it, again too; resolves when it answers. */
  async run(): Promise<void> {
    const { wrapper = [], args = [] } = this.#options;
    const own = ["--port", String(this.port), "--unixsocket", this.socketPath, "--dir", this.folder];
    const command = [...wrapper, "redis-server", ...own, "--save", "", "--appendonly", "no", ...args];
    this.#child = spawn(command[0]!, command.slice(1), { stdio: "ignore" });
    const limit = Date.now() + UP_LIMIT_MS;
    for (;;) {
      const answer = await this.ask(async (redis) => redis.ping()).catch((error: unknown) => error);
      if (answer === "PONG") return;
      if (Date.now() > limit) throw new Error(`redis-server did not come up: ${String(answer)}`);
      await delay(20);
    }
  }

  /** A connection of the test's own, for as long as `use` takes. */
  async ask<T>(use: (redis: Redis) => Promise<T>): Promise<T> {
    const { password } = this.#options;
    const redis = new Redis({
      path: this.socketPath,
      lazyConnect: true,
      retryStrategy: null,
      ...(password === undefined ? {} : { password }),
    });
    redis.on("error", () => undefined);
    try {
      await redis.connect();
      return await use(redis);
    } finally {
      redis.disconnect();
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Resolves when its process is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  }

  async end(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
