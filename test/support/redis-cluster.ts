import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../../scripts/support/free-port.ts";
import { RedisServer } from "./redis-server.ts";

const run = promisify(execFile);
const NODES = 3;
const LIMIT_MS = 30_000;

/** A real cluster of three masters, each with a third of the slots. */
export class RedisCluster {
  readonly nodes: readonly RedisServer[];

  private constructor(nodes: readonly RedisServer[]) {
    this.nodes = nodes;
  }

  static async start(): Promise<RedisCluster> {
    const nodes: RedisServer[] = [];
    for (let index = 0; index < NODES; index++) {
      const args = ["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-port"];
      nodes.push(await RedisServer.start({ args: [...args, String(await freePort())] }));
    }
    const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
    await run("redis-cli", ["--cluster", "create", ...addresses, "--cluster-yes"]);
    const cluster = new RedisCluster(nodes);
    await cluster.#whenWhole();
    return cluster;
  }

  get url(): string {
    return `redis://${this.nodes.map(({ port }) => `127.0.0.1:${port}`).join(",")}`;
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
