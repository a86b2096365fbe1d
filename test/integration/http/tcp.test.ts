import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { ENDPOINTS } from "../../../src/lib/protocol/endpoints.ts";
import type { Endpoint } from "../../../src/lib/protocol/endpoint.ts";
import { problem } from "../../../src/lib/protocol/problem.ts";
import { ADMIN_TOKEN, startTcpApi, TOKEN } from "./support/tcp-api.ts";
import { Wire, ask, requestBytes } from "./support/wire.ts";
import type { WireReply } from "./support/wire.ts";

const CLASSIFY = { method: "POST", path: ENDPOINTS.classify.path, body: '{"text":"hello"}' } as const;
const HEALTH = { path: ENDPOINTS.health.path } as const;

function outcome(reply: WireReply): string {
  return `${reply.status} ${problem.parse(JSON.parse(reply.body)).code}`;
}

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

describe("without a token", () => {
  test("health tells its status alone", async () => {
    const { place } = await startTcpApi();
    const reply = await ask(place, HEALTH);
    expect([reply.status, JSON.parse(reply.body)]).toEqual([200, { status: "ok" }]);
    expect((await ask(place, { path: "/api/health" })).body).toBe(reply.body);
  });

  test("nothing else answers, be it there or not, and nothing is done", async () => {
    const { place, calls } = await startTcpApi();
    const others = Object.values<Endpoint>(ENDPOINTS).filter(({ path }) => path !== HEALTH.path);
    const asked = [
      ...others.map(({ method, path }) => ({ method, path })),
      { path: "/metrics" },
      { path: "/api/openapi.json" },
      { path: "/nothing" },
      { method: "POST", path: HEALTH.path },
      { method: "OPTIONS", path: CLASSIFY.path },
    ];
    for (const request of asked) {
      const reply = await ask(place, request);
      expect([request.path, outcome(reply)]).toEqual([request.path, "401 UNAUTHORIZED"]);
      expect(reply.headers["www-authenticate"]).toBe('Bearer realm="combot"');
      expect(reply.headers["access-control-allow-origin"]).toBeUndefined();
    }
    expect(calls).toEqual([]);
  });
});

describe("tokens", () => {
  test.each([
    ["a wrong one", { authorization: `Bearer ${"x".repeat(40)}` }],
    ["a truncated one", bearer(TOKEN.slice(0, -1))],
    ["a lengthened one", bearer(`${TOKEN}x`)],
    ["none behind Bearer", { authorization: "Bearer " }],
    ["another scheme", { authorization: `Basic ${Buffer.from(`u:${TOKEN}`).toString("base64")}` }],
    ["two in one", { authorization: `Bearer ${TOKEN} ${ADMIN_TOKEN}` }],
  ])("that are wrong open nothing, health included: %s", async (_what, headers) => {
    const { place, calls } = await startTcpApi();
    for (const request of [CLASSIFY, HEALTH]) {
      const reply = await ask(place, { ...request, headers });
      expect(outcome(reply)).toBe("401 UNAUTHORIZED");
      expect(reply.headers["www-authenticate"]).toContain('error="invalid_token"');
    }
    expect(calls).toEqual([]);
  });

  test("the user's opens what the user socket offers, and nothing more", async () => {
    const { place, calls } = await startTcpApi();
    expect((await ask(place, { ...CLASSIFY, headers: bearer(TOKEN) })).status).toBe(200);
    expect(JSON.parse((await ask(place, { ...HEALTH, headers: bearer(TOKEN) })).body)).toHaveProperty("checks");
    const done = calls.length;
    const levers = Object.values<Endpoint>(ENDPOINTS).filter(({ access }) => access === "control");
    for (const { method, path } of levers) {
      expect(outcome(await ask(place, { method, path, headers: bearer(TOKEN) }))).toBe("403 CONTROL_ONLY");
      expect(outcome(await ask(place, { method, path: path.slice(0, -1), headers: bearer(TOKEN) }))).toBe(
        "403 CONTROL_ONLY",
      );
    }
    expect(calls).toHaveLength(done);
  });

  test("the admin's opens everything", async () => {
    const { place } = await startTcpApi();
    const headers = bearer(ADMIN_TOKEN);
    expect((await ask(place, { path: ENDPOINTS.memory.path, headers })).status).toBe(200);
    expect((await ask(place, { method: "POST", path: ENDPOINTS.recycle.path, headers })).status).toBe(202);
    expect((await ask(place, { ...CLASSIFY, headers })).status).toBe(200);
  });

  test("are never logged", async () => {
    const { place, logLines } = await startTcpApi();
    await ask(place, { ...CLASSIFY, headers: bearer(TOKEN) });
    await ask(place, { ...CLASSIFY, headers: bearer(`${ADMIN_TOKEN}x`) });
    expect(logLines.length).toBeGreaterThan(0);
    expect(logLines.join("")).not.toMatch(/token-0123|Bearer/);
  });
});

describe("the Host", () => {
  test.each(["evil.example", "localhost.evil.example", "10.0.0.1:80", "", "[::2]", "a b"])(
    "%j is refused, with a token too",
    async (host) => {
      const { place, calls } = await startTcpApi();
      expect(outcome(await ask(place, { ...CLASSIFY, headers: { host, ...bearer(TOKEN) } }))).toBe("403 HOST_REFUSED");
      expect(outcome(await ask(place, { ...HEALTH, headers: { host } }))).toBe("403 HOST_REFUSED");
      expect(calls).toEqual([]);
    },
  );

  test.each(["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:443"])("%j is ours", async (host) => {
    const { place } = await startTcpApi();
    expect((await ask(place, { ...HEALTH, headers: { host } })).status).toBe(200);
  });

  test("is what COMBOT_HOSTS says", async () => {
    const { place } = await startTcpApi({ COMBOT_HOSTS: "bot.example" });
    expect((await ask(place, { ...HEALTH, headers: { host: "bot.example" } })).status).toBe(200);
    expect(outcome(await ask(place, { ...HEALTH, headers: { host: "localhost" } }))).toBe("403 HOST_REFUSED");
  });
});

describe("bodies", () => {
  test.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])(
    "of type %s are refused",
    async (type) => {
      const { place, calls } = await startTcpApi();
      const reply = await ask(place, { ...CLASSIFY, headers: { "content-type": type, ...bearer(TOKEN) } });
      expect(outcome(reply)).toBe("415 UNSUPPORTED_MEDIA_TYPE");
      expect(calls).toEqual([]);
    },
  );

  test("that nobody wants are answered at once and cut after a call's worth", async () => {
    const { place, calls } = await startTcpApi();
    const gigabyte = String(2 ** 30);
    for (const [headers, expected] of [
      [{}, "401 UNAUTHORIZED"],
      [bearer(TOKEN), "413 BODY_TOO_LARGE"],
    ] as const) {
      const wire = new Wire(place).send(
        requestBytes({ ...CLASSIFY, headers: { ...headers, "content-length": gigabyte } }),
      );
      const reply = await wire.reply();
      expect(reply && outcome(reply)).toBe(expected);
      const block = Buffer.alloc(65_536, 32);
      let sent = 0;
      while (!wire.socket.destroyed && sent < 1024) {
        sent += 1;
        if (!wire.socket.write(block)) await Promise.race([once(wire.socket, "drain").catch(() => []), wire.closed]);
      }
      await wire.closed;
      expect(sent).toBeLessThan(1024);
    }
    expect(calls).toEqual([]);
  });
});

describe("connections", () => {
  test("above a peer's limit are closed as they come, said once, and the place of one that left is free", async () => {
    const { place, logLines } = await startTcpApi({ COMBOT_LISTEN_MAX_PER_PEER: "3" });
    const kept = [new Wire(place), new Wire(place), new Wire(place)];
    for (const wire of kept) {
      expect((await wire.send(requestBytes(HEALTH)).reply())?.status).toBe(200);
    }
    const refused = [new Wire(place), new Wire(place)];
    await Promise.all(refused.map((wire) => wire.closed));
    expect(await refused[0]?.reply()).toBeUndefined();
    expect(logLines.filter((line) => line.includes("too many TCP connections"))).toHaveLength(1);
    kept[0]?.end();
    await expect
      .poll(async () => (await new Wire(place).send(requestBytes(HEALTH)).reply())?.status, { timeout: 20_000 })
      .toBe(200);
  });
});

test("an address that is taken is refused by its name", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo;
  await expect(startTcpApi({ COMBOT_LISTEN: `127.0.0.1:${port}` })).rejects.toMatchObject({
    code: "ADDRESS_UNAVAILABLE",
    message: `COMBOT_LISTEN=127.0.0.1:${port}: something listens there already`,
  });
});
