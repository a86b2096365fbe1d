import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "vitest";
import type { ExpectStatic } from "vitest";
import { freePort } from "../../../scripts/support/free-port.ts";
import type { SharedValues } from "../../../src/daemon/cache/shared-values.ts";
import { RedisCluster } from "../../support/redis-cluster.ts";
import type { RedisServer } from "../../support/redis-server.ts";
import { RedisStage } from "../../support/redis-stage.ts";

const SOON = { timeout: 60_000, interval: 50 };
const PLACE = { namespace: "session", key: "k" } as const;

/** The second one is the master from now on, and the name leads to it. */
async function failOver({ first, second, forwarder }: Awaited<ReturnType<RedisStage["startPair"]>>): Promise<void> {
  await second.ask((redis) => redis.replicaof("NO", "ONE"));
  await first.ask((redis) => redis.replicaof("127.0.0.1", second.port));
  forwarder.target = second.port;
}

const keeps = (values: SharedValues) =>
  values.keep(PLACE, "[1]").then(
    () => "kept",
    (error: { code: string }) => error.code,
  );

describe.concurrent("the endpoint has moved", { timeout: 90_000 }, () => {
  test("and the old master is a replica: writes are refused, told, and go to the new one", async (context) => {
    const { expect } = context;
    const stage = new RedisStage(context);
    const pair = await stage.startPair();
    const { connection, values, told } = await stage.connectTo(pair.url);
    expect(await keeps(values)).toBe("kept");
    await failOver(pair);
    expect(await keeps(values)).toBe("CACHE_UNAVAILABLE");
    await expect.poll(() => keeps(values), SOON).toBe("kept");
    expect(await pair.second.ask((redis) => redis.get("combot:session:k"))).toBe("[1]");
    await expect.poll(() => connection.refused, SOON).toBeNull();
    expect(connection.state).toBe("up");
    expect(told).toEqual(["refused READONLY", "taken"]);
    expect(pair.forwarder.count).toBeGreaterThanOrEqual(2);
  });

  test("while nobody asks for anything: it is found all the same", async (context) => {
    const { expect } = context;
    const stage = new RedisStage(context);
    const pair = await stage.startPair();
    const { told, values } = await stage.connectTo(pair.url);
    await failOver(pair);
    await expect.poll(() => told.at(-1), SOON).toBe("taken");
    expect(await keeps(values)).toBe("kept");
  });

  test("only after some time: what the old one has is read meanwhile", async (context) => {
    const { expect } = context;
    const stage = new RedisStage(context);
    const pair = await stage.startPair();
    const { connection, values, told } = await stage.connectTo(pair.url);
    await keeps(values);
    await pair.first.ask((redis) => redis.replicaof("127.0.0.1", 1));
    await expect.poll(() => connection.refused, SOON).toContain("READONLY");
    expect(String(await values.read(PLACE))).toBe("[1]");
    // It has looked elsewhere, and kept what it has.
    await expect.poll(() => pair.forwarder.count, SOON).toBeGreaterThanOrEqual(3);
    expect(connection.state).toBe("up");
    await pair.second.ask((redis) => redis.replicaof("NO", "ONE"));
    pair.forwarder.target = pair.second.port;
    await expect.poll(() => keeps(values), SOON).toBe("kept");
    expect(told).toEqual(["refused READONLY", "taken"]);
  });

  test("and the old one has lost its master, and answers nothing: MASTERDOWN", async (context) => {
    const { expect } = context;
    const stage = new RedisStage(context);
    const pair = await stage.startPair();
    const { connection, values } = await stage.connectTo(pair.url);
    await pair.second.ask((redis) => redis.replicaof("NO", "ONE"));
    await pair.first.ask((redis) => redis.config("SET", "replica-serve-stale-data", "no"));
    await pair.first.ask((redis) => redis.replicaof("127.0.0.1", 1));
    await expect.poll(() => connection.state, SOON).toBe("down");
    expect(connection.lastError).toContain("MASTERDOWN");
    pair.forwarder.target = pair.second.port;
    await expect.poll(() => keeps(values), SOON).toBe("kept");
    expect(connection.state).toBe("up");
  });
});

describe.concurrent("the server is there and can't answer yet", { timeout: 120_000 }, () => {
  const KEYS = 20_000;
  /** In microseconds for a key: some seconds in all. */
  const SLOWLY = ["--key-load-delay", "200", "--loading-process-events-interval-bytes", "1024"];

  test("since it reads its data back after a restart: LOADING", async (context) => {
    const { expect } = context;
    const stage = new RedisStage(context);
    const server = await stage.startRedis({ args: SLOWLY });
    const { connection, values } = await stage.connectTo(() => server.url);
    expect(await keeps(values)).toBe("kept");
    await server.ask((redis) => redis.eval(`for i = 1, ${KEYS} do redis.call("SET", "other:" .. i, "x") end`, 0));
    await server.ask((redis) => redis.save());
    await server.kill();
    const loaded = server.run();
    await expect.poll(() => connection.lastError, SOON).toMatch(/LOADING|loading/);
    expect(connection.state).toBe("down");
    expect(await keeps(values)).toBe("CACHE_UNAVAILABLE");
    await loaded;
    await expect.poll(() => keeps(values), SOON).toBe("kept");
    expect(connection.state).toBe("up");
    expect(String(await values.read(PLACE))).toBe("[1]");
  });

  test("since a part of its cluster is away: CLUSTERDOWN", async (context) => {
    const { expect } = context;
    const stage = new RedisStage(context);
    const cluster = await RedisCluster.start();
    stage.atEnd(() => cluster.end());
    for (const node of cluster.nodes) await node.ask((redis) => redis.config("SET", "cluster-node-timeout", "1000"));
    const { connection, values } = await stage.connectTo(() => cluster.url);
    expect(await keeps(values)).toBe("kept");
    const away = cluster.nodes.at(-1)!;
    await away.kill();
    await expect.poll(() => keeps(values), SOON).toBe("CACHE_UNAVAILABLE");
    await expect.poll(() => connection.lastError, SOON).toContain("CLUSTERDOWN");
    await away.run();
    await expect.poll(() => keeps(values), SOON).toBe("kept");
    await expect.poll(() => connection.state, SOON).toBe("up");
  });
});

describe.concurrent("a Redis that nobody named", { timeout: 90_000 }, () => {
  test("is off where none is there, told once; it is used when one comes, and missed when that goes", async (context) => {
    const { expect } = context;
    const stage = new RedisStage(context);
    const port = await freePort();
    const { connection, told } = stage.connectAssumed(port);
    await expect.poll(() => told, SOON).toEqual(["off"]);
    expect(connection.state).toBe("off");
    const server = await stage.startRedis({ port });
    await expect.poll(() => connection.state, SOON).toBe("up");
    await server.kill();
    await expect.poll(() => connection.state, SOON).toBe("down");
    expect(told).toEqual(["off", "up", "down"]);
  });

  test("and is there from the start is never told to be away", async (context) => {
    const { expect } = context;
    const stage = new RedisStage(context);
    const { port } = await stage.startRedis();
    const { connection, told } = stage.connectAssumed(port);
    await expect.poll(() => connection.state, SOON).toBe("up");
    expect(told).toEqual(["up"]);
  });
});

describe.concurrent("a login", { timeout: 90_000 }, () => {
  test("whose password was changed is made again", async (context) => {
    const { expect } = context;
    const stage = new RedisStage(context);
    const old = await stage.startRedis({ args: ["--requirepass", "old"], password: "old" });
    let password = "old";
    const { connection, values } = await stage.connectTo(() => `redis://:${password}@127.0.0.1:${old.port}`);
    await old.kill();
    await expect.poll(() => connection.state, SOON).toBe("down");
    await stage.startRedis({ port: old.port, args: ["--requirepass", "new"], password: "new" });
    await expect.poll(() => connection.lastError, SOON).toMatch(/WRONGPASS|NOAUTH/);
    password = "new";
    await expect.poll(() => keeps(values), SOON).toBe("kept");
    expect(connection.state).toBe("up");
  });

  test("that is taken away under it, and given back with another password", async (context) => {
    const { expect } = context;
    const stage = new RedisStage(context);
    const server = await stage.startRedis();
    const grant = (secret: string) =>
      server.ask((redis) => redis.call("ACL", "SETUSER", "bot", "reset", "on", `>${secret}`, "~combot:*", "+@all"));
    await grant("one");
    let password = "one";
    const { connection, values } = await stage.connectTo(() => `redis://bot:${password}@127.0.0.1:${server.port}`);
    await server.ask((redis) => redis.call("ACL", "DELUSER", "bot"));
    await expect.poll(() => connection.state, SOON).toBe("down");
    await grant("two");
    password = "two";
    await expect.poll(() => keeps(values), SOON).toBe("kept");
  });
});

describe.concurrent("writes are refused: told once, degraded, and read all the same", { timeout: 90_000 }, () => {
  const brokenDisk = async (server: RedisServer, disk: string, expect: ExpectStatic): Promise<void> => {
    rmSync(disk, { recursive: true });
    await server.ask((redis) => redis.config("SET", "save", "3600 1"));
    await server.ask((redis) => redis.bgsave());
    const status = () => server.ask((redis) => redis.info("persistence"));
    await expect.poll(status, SOON).toContain("rdb_last_bgsave_status:err");
  };
  const FAULTS: readonly (readonly [
    string,
    (server: RedisServer, disk: string, expect: ExpectStatic) => Promise<unknown>,
    (server: RedisServer) => Promise<unknown>,
  ])[] = [
    [
      "OOM",
      (server) => server.ask((redis) => redis.config("SET", "maxmemory", "1")),
      (server) => server.ask((redis) => redis.config("SET", "maxmemory", "0")),
    ],
    ["MISCONF", brokenDisk, (server) => server.ask((redis) => redis.config("SET", "save", ""))],
    [
      "NOPERM",
      (server) => server.ask((redis) => redis.call("ACL", "SETUSER", "bot", "-set")),
      (server) => server.ask((redis) => redis.call("ACL", "SETUSER", "bot", "+set")),
    ],
    [
      "NOREPLICAS",
      (server) => server.ask((redis) => redis.config("SET", "min-replicas-to-write", "1")),
      (server) => server.ask((redis) => redis.config("SET", "min-replicas-to-write", "0")),
    ],
  ];
  test.for(FAULTS)("%s", async ([word, fault, end], context) => {
    const { expect } = context;
    const stage = new RedisStage(context);
    const disk = mkdtempSync(join(tmpdir(), "rd-"));
    stage.atEnd(() => rmSync(disk, { recursive: true, force: true }));
    const server = await stage.startRedis({ args: ["--dir", disk] });
    await server.ask((redis) => redis.call("ACL", "SETUSER", "bot", "on", ">secret", "~combot:*", "+@all"));
    const { connection, values, told } = await stage.connectTo(() => `redis://bot:secret@127.0.0.1:${server.port}`);
    await keeps(values);
    await fault(server, disk, expect);
    await expect.poll(() => connection.refused, SOON).toContain(word);
    expect(connection.state).toBe("up");
    expect(String(await values.read(PLACE))).toBe("[1]");
    await expect(values.keep(PLACE, "[2]")).rejects.toMatchObject({
      code: "CACHE_UNAVAILABLE",
      message: expect.stringContaining(word),
    });
    await end(server);
    await expect.poll(() => connection.refused, SOON).toBeNull();
    expect(told).toEqual([`refused ${word}`, "taken"]);
  });
});
