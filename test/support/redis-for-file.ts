import { afterAll, beforeAll } from "vitest";
import { RedisCluster } from "./redis-cluster.ts";
import { RedisServer } from "./redis-server.ts";

/** A server and a cluster that all tests of a file share; not there before the first of them. */
export interface Redises {
  readonly server: RedisServer;
  readonly cluster: RedisCluster;
}

export function redisForFile(): Redises {
  let started: Redises | undefined;
  beforeAll(async () => {
    started = { server: await RedisServer.start(), cluster: await RedisCluster.start() };
  });
  afterAll(async () => {
    await started?.server.end();
    await started?.cluster.end();
  });
  const there = (): Redises => {
    if (!started) throw new Error("asked for before the tests");
    return started;
  };
  return {
    get server() {
      return there().server;
    },
    get cluster() {
      return there().cluster;
    },
  };
}
