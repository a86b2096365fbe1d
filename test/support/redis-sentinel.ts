import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "../../scripts/support/free-port.ts";
import { RedisServer } from "./redis-server.ts";

const run = promisify(execFile);

export const NAME = "answers";
const SENTINELS = 3;
/** After so long without an answer a master is down, to one sentinel. */
const DOWN_MS = 500;
const LIMIT_MS = 60_000;

export interface SentinelOptions {
  /** Where all of them are reached. */
  readonly address?: string;
  /** Put in front of each command, as `ip netns exec NAME`. */
  readonly wrapper?: readonly string[];
}

interface Sentinel {
  readonly child: ChildProcess;
  readonly port: number;
}

/** A master, a replica and three sentinels who agree by two. */
export class SentinelStage {
  readonly master: RedisServer;
  readonly replica: RedisServer;
  readonly #folder = mkdtempSync(join(tmpdir(), "ct-"));
  readonly #sentinels: Sentinel[] = [];
  readonly #address: string;
  readonly #wrapper: readonly string[];

  private constructor(servers: readonly [RedisServer, RedisServer], { address, wrapper }: Required<SentinelOptions>) {
    [this.master, this.replica] = servers;
    this.#address = address;
    this.#wrapper = wrapper;
  }

  static async start({ address = "127.0.0.1", wrapper = [] }: SentinelOptions = {}): Promise<SentinelStage> {
    const reached = ["--bind", address, "--protected-mode", "no"];
    const master = await RedisServer.start({ args: reached, wrapper });
    const replica = await RedisServer.start({
      args: [...reached, "--replicaof", address, String(master.port)],
      wrapper,
    });
    await until(async () =>
      (await replica.ask((redis) => redis.info("replication"))).includes("master_link_status:up"),
    );
    const stage = new SentinelStage([master, replica], { address, wrapper });
    for (let at = 0; at < SENTINELS; at++) await stage.#begin(at);
    for (const { port } of stage.sentinels) await until(() => stage.#knowsTheOthers(port));
    return stage;
  }

  get sentinels(): readonly Sentinel[] {
    return this.#sentinels;
  }

  get url(): string {
    return `sentinel://${this.#sentinels.map(({ port }) => `${this.#address}:${port}`).join(",")}/${NAME}`;
  }

  /** As an operator asks for it; refused as long as the sentinels are busy with the last one. */
  async failOver(): Promise<void> {
    await until(async () => (await this.#ask(this.#sentinels.at(-1)!.port, "FAILOVER", NAME))?.[0] === "OK");
  }

  async end(): Promise<void> {
    for (const { child } of this.#sentinels) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    await Promise.all([this.master.end(), this.replica.end()]);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #begin(at: number): Promise<void> {
    const port = await freePort();
    const file = join(this.#folder, `sentinel-${at}.conf`);
    const lines = [
      `port ${port}`,
      `bind ${this.#address}`,
      "protected-mode no",
      `dir ${this.#folder}`,
      `sentinel monitor ${NAME} ${this.#address} ${this.master.port} 2`,
      `sentinel down-after-milliseconds ${NAME} ${DOWN_MS}`,
      `sentinel failover-timeout ${NAME} 5000`,
    ];
    writeFileSync(file, `${lines.join("\n")}\n`);
    const [program, ...args] = [...this.#wrapper, "redis-server", file, "--sentinel"];
    this.#sentinels.push({ child: spawn(program, args, { stdio: "ignore" }), port });
  }

  /** Of the replica and of the two other sentinels: before that a failover has nobody to turn to. */
  async #knowsTheOthers(port: number): Promise<boolean> {
    const fields = await this.#ask(port, "MASTER", NAME);
    const of = (field: string): number => Number(fields?.[fields.indexOf(field) + 1]);
    return of("num-slaves") === 1 && of("num-other-sentinels") === SENTINELS - 1;
  }

  /** Lines of its reply. Undefined where it does not answer. */
  async #ask(port: number, ...command: string[]): Promise<string[] | undefined> {
    const place = ["-h", this.#address, "-p", String(port)];
    const [program = "", ...args] = [...this.#wrapper, "redis-cli", ...place, "SENTINEL", ...command];
    const said = await run(program, args).catch(() => undefined);
    return said?.stdout.trimEnd().split("\n");
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const limit = Date.now() + LIMIT_MS;
  while (!(await holds())) {
    if (Date.now() > limit) throw new Error("Sentinel did not come together");
    await delay(50);
  }
}
