import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../../scripts/support/free-port.ts";
import { RedisServer } from "./redis-server.ts";

const run = promisify(execFile);
const MASTERS = 3;
const LIMIT_MS = 30_000;
/** Above it another node is taken to have failed; the default is 15 s. */
const NODE_TIMEOUT_MS = 2000;

export interface RedisClusterOptions {
  /** Of each master. None by default. */
  readonly replicas?: number;
  /** Where all of its nodes are reached. */
  readonly address?: string;
  /** Put in front of each command, as `ip netns exec NAME`. */
  readonly wrapper?: readonly string[];
}

/** A real cluster of three masters, each with a third of the slots. */
export class RedisCluster {
  readonly nodes: readonly RedisServer[];

  readonly #address: string;

  private constructor(nodes: readonly RedisServer[], address: string) {
    this.nodes = nodes;
    this.#address = address;
  }

  static async start(options: RedisClusterOptions = {}): Promise<RedisCluster> {
    const { replicas = 0, address = "127.0.0.1", wrapper = [] } = options;
    const nodes: RedisServer[] = [];
    for (let index = 0; index < MASTERS * (1 + replicas); index++) {
      const args = ["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf"];
      const reached = ["--bind", address, "--protected-mode", "no", "--cluster-node-timeout", String(NODE_TIMEOUT_MS)];
      const own = ["--cluster-port", String(await freePort())];
      nodes.push(await RedisServer.start({ args: [...args, ...reached, ...own], wrapper }));
    }
    const addresses = nodes.map(({ port }) => `${address}:${port}`);
    const create = ["redis-cli", "--cluster", "create", ...addresses, "--cluster-replicas", String(replicas)];
    const [program, ...args] = [...wrapper, ...create, "--cluster-yes"];
    await run(program, args);
    const cluster = new RedisCluster(nodes, address);
    await cluster.#whenWhole();
    return cluster;
  }

  get url(): string {
    return `redis://${this.nodes.map(({ port }) => `${this.#address}:${port}`).join(",")}`;
  }

  async end(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.end()));
  }

  async #whenWhole(): Promise<void> {
    const limit = Date.now() + LIMIT_MS;
    for (const node of this.nodes) {
      while (!(await node.ask((redis) => redis.cluster("INFO"))).includes("cluster_state:ok")) {
        if (Date.now() > limit) throw new Error("the cluster did not come together");
        await delay(50);
      }
    }
  }
}
