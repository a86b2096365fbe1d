import type { TestContext } from "vitest";
import { openRedis } from "../../src/daemon/cache/redis-client.ts";
import { RedisConnection } from "../../src/daemon/cache/redis-connection.ts";
import { SharedValues } from "../../src/daemon/cache/shared-values.ts";
import { targetOf, untilUp } from "./cache-tiers.ts";
import { Forwarder } from "./forwarder.ts";
import { RedisServer } from "./redis-server.ts";
import type { RedisServerOptions } from "./redis-server.ts";

const SOON = { timeout: 60_000, interval: 50 };

/** What a test needs, of its own: they run beside each other, since most of their time is a wait for the next look. */
export class RedisStage {
  readonly #context: TestContext;

  constructor(context: TestContext) {
    this.#context = context;
  }

  atEnd(end: () => unknown): void {
    this.#context.onTestFinished(async () => void (await end()));
  }

  async startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
    const server = await RedisServer.start(options);
    this.atEnd(() => server.end());
    return server;
  }

  /** A connection, with all that it told. @param url asked whenever it connects. */
  async connectTo(url: () => string) {
    const { expect } = this.#context;
    const told: string[] = [];
    const connection = new RedisConnection({
      open: () => openRedis(targetOf(url())),
      now: () => performance.now(),
      idleMs: () => performance.eventLoopUtilization().idle,
      onTurn: (state) => told.push(state),
      onRefused: (why) => told.push(why === null ? "taken" : `refused ${why.split(" ")[0]}`),
    });
    connection.start();
    this.atEnd(() => connection.close());
    await untilUp(connection, expect);
    await expect.poll(() => connection.connectedSince, SOON).not.toBeNull();
    told.splice(0);
    return { connection, values: new SharedValues(connection), told };
  }

  /** To one that nobody named. */
  connectAssumed(port: number) {
    const told: string[] = [];
    const connection = new RedisConnection({
      open: () => openRedis(targetOf(`redis://127.0.0.1:${port}`)),
      now: () => performance.now(),
      idleMs: () => performance.eventLoopUtilization().idle,
      isAssumed: true,
      onTurn: (state) => told.push(state),
    });
    connection.start();
    this.atEnd(() => connection.close());
    return { connection, told };
  }

  /** A master and its replica behind one port. */
  async startPair() {
    const [first, second] = [await this.startRedis(), await this.startRedis()];
    await second.ask((redis) => redis.replicaof("127.0.0.1", first.port));
    const link = () => second.ask((redis) => redis.info("replication"));
    await this.#context.expect.poll(link, SOON).toContain("master_link_status:up");
    const forwarder = await Forwarder.start(first.port);
    this.atEnd(() => forwarder.end());
    return { first, second, forwarder, url: () => `redis://127.0.0.1:${forwarder.port}` };
  }
}
