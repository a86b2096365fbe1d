import { execFileSync, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Redis } from "ioredis";
import { describe, expect, test } from "vitest";
import { SharedValues } from "../../../src/daemon/cache/shared-values.ts";
import type { RedisConnection } from "../../../src/daemon/cache/redis-connection.ts";
import { problem } from "../../../src/lib/protocol/problem.ts";
import { redisConnection, untilUp } from "../../support/cache-tiers.ts";
import { redisForFile } from "../../support/redis-for-file.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { startApi } from "../http/support/api.ts";
import { ask } from "../http/support/wire.ts";
import type { WireReply } from "../http/support/wire.ts";

const redis = redisForFile();

type Call = (method: string, place: string, body?: string) => Promise<WireReply>;

/** The API over the values alone, on the user socket. */
async function serve(connection: RedisConnection | undefined): Promise<Call> {
  const values = new SharedValues(connection);
  const { path } = await startApi({
    access: "user",
    services: {
      readValue: (place) => values.read(place),
      keepValue: (place, json) => values.keep(place, json),
      removeValue: (place) => values.remove(place),
    },
  });
  return (method, place, body) => ask(path, { method, path: `/api/cache/${place}`, ...(body ? { body } : {}) });
}

async function serveOver(url: string): Promise<Call> {
  const connection = redisConnection(url);
  await untilUp(connection);
  return serve(connection);
}

const codeOf = ({ status, body }: WireReply) => [status, problem.parse(JSON.parse(body)).code];
const ttlOf = (name: string) => redis.server.ask((client) => client.ttl(name));

describe("a value", () => {
  test("is there or not while somebody writes and removes it, and never said to be empty", async () => {
    const [reader, writer] = [await serveOver(redis.server.url), await serveOver(redis.server.url)];
    let isOver = false;
    const change = async (): Promise<void> => {
      while (!isOver) {
        await writer("PUT", "product/come-and-go/", "1");
        await writer("DELETE", "product/come-and-go/");
      }
    };
    const read = async (): Promise<number[]> => {
      const statuses: number[] = [];
      for (let look = 0; look < 300; look++) statuses.push((await reader("GET", "product/come-and-go/")).status);
      return statuses;
    };
    const changing = change();
    const statuses = (await Promise.all(Array.from({ length: 10 }, read))).flat();
    isOver = true;
    await changing;
    expect(new Set(statuses)).toEqual(new Set([200, 404]));
  });

  test("is read byte for byte as it was written, until it is removed", async () => {
    for (const url of [redis.server.url, redis.cluster.url]) {
      const call = await serveOver(url);
      const json = '{ "price": 1.0, "number": 12345678901234567890, "__proto__": [null] }';
      const kept = await call("PUT", "product/shoe-42:red/", json);
      expect([kept.status, JSON.parse(kept.body)]).toEqual([
        200,
        { namespace: "product", key: "shoe-42:red", ttlSeconds: 3600 },
      ]);
      const read = await call("GET", "product/shoe-42:red");
      expect([read.status, read.body, read.headers["content-type"]]).toEqual([
        200,
        json,
        "application/json; charset=utf-8",
      ]);
      expect(JSON.parse((await call("DELETE", "product/shoe-42:red/")).body)).toEqual({ removed: true });
      expect(JSON.parse((await call("DELETE", "product/shoe-42:red/")).body)).toEqual({ removed: false });
      expect(codeOf(await call("GET", "product/shoe-42:red/"))).toEqual([404, "KEY_UNKNOWN"]);
    }
  });

  test("of another client is read as it wrote it, at once, and again when it changes it", async () => {
    const call = await serveOver(redis.server.url);
    for (const json of ['{"step":1}', '{"step":2}']) {
      await redis.server.ask((client) => client.set("combot:session:theirs", json, "EX", 60));
      expect((await call("GET", "session/theirs/")).body).toBe(json);
    }
    await redis.server.ask((client) => client.set("combot:session:theirs", "not JSON"));
    expect(codeOf(await call("GET", "session/theirs/"))).toEqual([502, "VALUE_INVALID"]);
  });

  test("of another client that is no JSON string of ours costs no more than a bound, and is named", async () => {
    for (const place of ["session", "product"] as const)
      for (const url of [redis.server.url, redis.cluster.url]) {
        const call = await serveOver(url);
        const write = <T>(use: (client: Redis) => Promise<T>): Promise<unknown> =>
          Promise.any((url === redis.server.url ? [redis.server] : redis.cluster.nodes).map((node) => node.ask(use)));
        const name = `combot:${place}:odd`;
        const invalid: readonly ((client: Redis) => Promise<unknown>)[] = [
          (client) => client.rpush(name, "a"),
          (client) => client.hset(name, "a", "b"),
          (client) => client.set(name, ""),
          (client) => client.set(name, `"${"x".repeat(256 * 1024)}"`),
          (client) => client.setrange(name, 64 * 1024 * 1024, "1"),
          (client) => client.set(name, Buffer.from([0xff, 0xfe])),
        ];
        for (const make of invalid) {
          await write((client) => client.unlink(name));
          await write(make);
          expect(codeOf(await call("GET", `${place}/odd/`))).toEqual([502, "VALUE_INVALID"]);
        }
        expect((await call("PUT", `${place}/odd/`, "1")).status).toBe(200);
        expect((await call("GET", `${place}/odd/`)).body).toBe("1");
        await call("DELETE", `${place}/odd/`);
        expect(codeOf(await call("GET", `${place}/odd/`))).toEqual([404, "KEY_UNKNOWN"]);
      }
  });

  test("of another client comes back byte for byte, no UTF-8 as well, and of the full size", async () => {
    const connection = redisConnection(redis.server.url);
    await untilUp(connection);
    const values = new SharedValues(connection);
    for (const bytes of [Buffer.from('{"name":"M\xfcller"}', "latin1"), Buffer.from(`"${"é".repeat(131_071)}"`)])
      for (const namespace of ["session", "product"] as const) {
        await redis.server.ask((client) => client.set(`combot:${namespace}:bytes`, bytes, "EX", 60));
        expect(bytes.equals(await values.read({ namespace, key: "bytes" }))).toBe(true);
      }
  });

  test("of a session lives on when it is asked for; a product does not", async () => {
    const call = await serveOver(redis.server.url);
    for (const namespace of ["session", "product"]) {
      await call("PUT", `${namespace}/sliding/`, "[]");
      await redis.server.ask((client) => client.expire(`combot:${namespace}:sliding`, 100));
      await call("GET", `${namespace}/sliding/`);
    }
    expect(await ttlOf("combot:session:sliding")).toBeGreaterThan(1700);
    expect(await ttlOf("combot:product:sliding")).toBeLessThanOrEqual(100);
  });

  test("is refused with what was wrong about it", async () => {
    const call = await serveOver(redis.server.url);
    expect(codeOf(await call("GET", "ml/0123/"))).toEqual([400, "INVALID_REQUEST"]);
    expect(codeOf(await call("GET", `product/${"k".repeat(201)}/`))).toEqual([400, "INVALID_REQUEST"]);
    expect(codeOf(await call("GET", "product/a%20b/"))).toEqual([400, "INVALID_REQUEST"]);
    expect(codeOf(await call("PUT", "product/k/", "{"))).toEqual([400, "INVALID_JSON"]);
    expect(codeOf(await call("PUT", "product/k/"))).toEqual([400, "INVALID_JSON"]);
    expect(codeOf(await call("PUT", "product/k/", `"${"x".repeat(256 * 1024)}"`))).toEqual([413, "BODY_TOO_LARGE"]);
    const wrong = await call("POST", "product/k/", "{}");
    expect([wrong.status, wrong.headers["allow"]]).toEqual([405, "GET, HEAD, PUT, DELETE"]);
    expect((await call("PUT", `product/${"k".repeat(200)}/`, `"${"x".repeat(256 * 1024 - 2)}"`)).status).toBe(200);
  });

  test("can't be had while Redis is away or off, and that is no 404", async () => {
    const server = await RedisServer.start();
    const call = await serveOver(server.url);
    await server.end();
    await expect.poll(async () => (await call("GET", "product/k/")).status).toBe(503);
    const reply = await call("GET", "session/k/");
    expect([...codeOf(reply), reply.headers["retry-after"]]).toEqual([503, "CACHE_UNAVAILABLE", "1"]);
    const off = await serve(undefined);
    expect(codeOf(await off("PUT", "product/k/", "1"))).toEqual([503, "CACHE_UNAVAILABLE"]);
  });

  test("of a Redis that takes no writes is read all the same", async () => {
    const server = await RedisServer.start();
    try {
      await server.ask((client) => client.set("combot:session:s", '"here"'));
      await server.ask((client) => client.replicaof("127.0.0.1", 1));
      const call = await serveOver(server.url);
      expect((await call("GET", "session/s/")).body).toBe('"here"');
      const refused = await call("PUT", "session/s/", "1");
      expect(codeOf(refused)).toEqual([503, "CACHE_UNAVAILABLE"]);
      expect(refused.body).toContain("READONLY");
    } finally {
      await server.end();
    }
  });
});

const EXAMPLES = fileURLToPath(new URL("../../../docs/examples", import.meta.url));
const OWN_REDIS_PY = fileURLToPath(new URL("../../support/python", import.meta.url));
const HAS_PYTHON = spawnSync("python3", ["--version"]).status === 0;
const HAS_REDIS_PY = spawnSync("python3", ["-c", "import redis"]).status === 0;
const PYTHON_ENV = { ...process.env, ...(HAS_REDIS_PY ? {} : { PYTHONPATH: OWN_REDIS_PY }) };

type Example = (...args: string[]) => unknown;

const inPython: Example = (...args) =>
  run("python3", [`${EXAMPLES}/shared_cache.py`, `unix://${redis.server.socketPath}`, ...args]);
const inTypeScript: Example = (...args) =>
  run(process.execPath, [`${EXAMPLES}/shared-cache.ts`, redis.server.socketPath, ...args]);

function run(command: string, args: readonly string[]): unknown {
  const output = execFileSync(command, args, { encoding: "utf8", env: PYTHON_ENV });
  return output === "" ? undefined : JSON.parse(output);
}

describe.each([
  ["TypeScript", true, inTypeScript],
  ["Python", HAS_PYTHON, inPython],
])("the example in %s", (_language, isThere, example) => {
  test.skipIf(!isThere)("shares values with the daemon, both ways", async () => {
    const call = await serveOver(redis.server.url);
    example("put", "session", "shared", '{"step":3}');
    expect(JSON.parse((await call("GET", "session/shared/")).body)).toEqual({ step: 3 });
    expect(await ttlOf("combot:session:shared")).toBeGreaterThan(1700);
    await call("PUT", "product/shared/", '{"name":"Schuh \\u00e4"}');
    expect(example("get", "product", "shared")).toEqual({ name: "Schuh ä" });
    expect(example("delete", "product", "shared")).toBe(true);
    expect((await call("GET", "product/shared/")).status).toBe(404);
    expect(example("get", "product", "shared")).toBeNull();
  });
});
