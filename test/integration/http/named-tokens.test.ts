import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ENDPOINTS } from "../../../src/lib/protocol/endpoints.ts";
import type { Endpoint } from "../../../src/lib/protocol/endpoint.ts";
import { problem } from "../../../src/lib/protocol/problem.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { ADMIN_TOKEN, startTcpApi, TOKEN } from "./support/tcp-api.ts";
import type { Recorded } from "./support/recording-services.ts";
import { ask } from "./support/wire.ts";
import type { WireReply, WireRequest } from "./support/wire.ts";

const TOKENS = {
  shop: "shop-token-0123456789-0123456789-0123",
  // By sha256sum; the second of two that are valid.
  next: "shop-token-new-0123456789-0123456789",
  prometheus: "read-token-0123456789-0123456789-0123",
  ops: "operator-0123456789-0123456789-01234",
  nightly: "batch-token-0123456789-0123456789-012",
  slow: "slow-token-0123456789-0123456789-0123",
};
const LINES = `
# who may call
shop classify ${TOKENS.shop}
shop classify sha256:98a2f2fbefdf49c4188f54679d736fa06ee47916775eb4758d6fbe44a0f66333
prometheus read ${TOKENS.prometheus}
ops control ${TOKENS.ops}
slow classify ${TOKENS.slow} 2
nightly classify ${TOKENS.nightly} batch
`;
const CLASSIFY = { method: "POST", path: ENDPOINTS.classify.path, body: '{"text":"hello"}' } as const;
const HEALTH = { path: ENDPOINTS.health.path } as const;

async function start(env: Readonly<Record<string, string>> = {}) {
  const file = join(temporaryFolder(), "tokens");
  writeFileSync(file, LINES, { mode: 0o600 });
  const api = await startTcpApi({ COMBOT_TOKENS_FILE: file, ...env });
  const as = (token: keyof typeof TOKENS, request: WireRequest): Promise<WireReply> =>
    ask(api.place, { ...request, headers: { authorization: `Bearer ${TOKENS[token]}` } });
  return { ...api, as };
}

/** What was asked of the daemon beside what is counted. */
function doneIn(calls: readonly Recorded[]): number {
  return calls.filter(({ name }) => name !== "tokenAnswered").length;
}

function recycledIn(calls: readonly Recorded[]): Recorded | undefined {
  return calls.findLast(({ name }) => name === "recycle");
}

function outcome({ status, body }: WireReply): string {
  return status < 400 ? String(status) : `${status} ${problem.parse(JSON.parse(body)).code}`;
}

test("classify opens what the user socket offers, with either of two tokens of one name", async () => {
  const { as } = await start();
  for (const token of ["shop", "next"] as const) {
    expect(outcome(await as(token, CLASSIFY))).toBe("200");
    expect(JSON.parse((await as(token, HEALTH)).body)).toHaveProperty("checks");
    expect(outcome(await as(token, { path: "/api/cache/session/a/" }))).toBe("200");
    expect(outcome(await as(token, { path: ENDPOINTS.memory.path }))).toBe("403 CONTROL_ONLY");
  }
});

test("read opens all that only tells, of both sockets, and nothing that does or keeps", async () => {
  const { as, calls } = await start();
  const looks = Object.values<Endpoint>(ENDPOINTS).filter(
    ({ method, path }) => method === "GET" && !path.includes("{"),
  );
  const answered = [];
  // What people asked, and what hides calls.
  const { frequentTexts, inbox, testMark } = ENDPOINTS;
  const hidden: string[] = [frequentTexts.path, inbox.path, testMark.path];
  for (const path of hidden)
    expect([path, outcome(await as("prometheus", { path }))]).toEqual([path, "403 CONTROL_ONLY"]);
  for (const { path, query, stream } of looks) {
    if (stream || query || hidden.includes(path)) continue;
    answered.push(outcome(await as("prometheus", { path })));
  }
  expect(answered.length).toBeGreaterThan(8);
  expect(new Set(answered)).toEqual(new Set(["200"]));
  for (const path of ["/metrics", "/api/decisions", "/api/metrics/"])
    expect([path, outcome(await as("prometheus", { path }))]).toEqual([path, "200"]);

  const done = doneIn(calls);
  const others = Object.values<Endpoint>(ENDPOINTS).filter(({ method }) => method !== "GET");
  for (const { method, path, access } of others) {
    const told = outcome(await as("prometheus", { method, path: path.replaceAll(/\{\w+\}/g, "a") }));
    expect([path, told]).toEqual([path, access === "control" ? "403 CONTROL_ONLY" : "403 TOKEN_SCOPE"]);
  }
  const value = await as("prometheus", { path: "/api/cache/session/a/" });
  expect([outcome(value), value.headers["www-authenticate"]]).toEqual([
    "403 TOKEN_SCOPE",
    'Bearer realm="combot", error="insufficient_scope"',
  ]);
  expect(outcome(await as("prometheus", { path: "/nothing" }))).toBe("404 NOT_FOUND");
  expect(outcome(await as("prometheus", { method: "DELETE", path: HEALTH.path }))).toBe("405 METHOD_NOT_ALLOWED");
  expect(doneIn(calls)).toBe(done);
});

test("control opens everything; what it does was done by its name; the two single tokens open what they did", async () => {
  const { as, place, calls } = await start();
  expect(outcome(await as("ops", CLASSIFY))).toBe("200");
  expect(outcome(await as("ops", { method: "POST", path: ENDPOINTS.recycle.path }))).toBe("202");
  expect(recycledIn(calls)).toMatchObject({ name: "recycle", args: expect.arrayContaining(["token ops"]) });
  const single = (token: string, request: WireRequest): Promise<WireReply> =>
    ask(place, { ...request, headers: { authorization: `Bearer ${token}` } });
  expect(outcome(await single(TOKEN, CLASSIFY))).toBe("200");
  expect(outcome(await single(TOKEN, { path: ENDPOINTS.memory.path }))).toBe("403 CONTROL_ONLY");
  expect(outcome(await single(ADMIN_TOKEN, { method: "POST", path: ENDPOINTS.recycle.path }))).toBe("202");
  expect(recycledIn(calls)).toMatchObject({ args: expect.arrayContaining(["admin token"]) });
  expect(outcome(await single(`${TOKENS.shop}x`, CLASSIFY))).toBe("401 UNAUTHORIZED");
});

test("above its requests a minute a token has 429 and when to come again, whatever it asks; the others go on", async () => {
  const { as, calls } = await start();
  expect(outcome(await as("slow", CLASSIFY))).toBe("200");
  expect(outcome(await as("slow", HEALTH))).toBe("200");
  const done = doneIn(calls);
  for (const request of [CLASSIFY, HEALTH, { path: "/nothing" }]) {
    const refused = await as("slow", request);
    expect(outcome(refused)).toBe("429 RATE_LIMITED");
    // One each 30 s.
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(25);
    expect(Number(refused.headers["retry-after"])).toBeLessThanOrEqual(30);
  }
  expect(doneIn(calls)).toBe(done);
  expect(outcome(await as("shop", CLASSIFY))).toBe("200");
});

test("what a batch token has classified stands behind others, whatever the call says", async () => {
  const { as, calls } = await start();
  const asked = { ...CLASSIFY, body: '{"text":"hello","priority":"interactive"}' };
  const priorities = async (token: "nightly" | "shop", request: WireRequest): Promise<unknown> => {
    expect((await as(token, request)).status).toBe(200);
    const { args } = calls.findLast(({ name }) => name === "classify") ?? { args: [] };
    return (args[0] as { priority?: string }).priority;
  };
  expect(await priorities("shop", asked)).toBe("interactive");
  expect(await priorities("shop", CLASSIFY)).toBeUndefined();
  expect(await priorities("nightly", CLASSIFY)).toBe("batch");
  expect(await priorities("nightly", asked)).toBe("batch");
});

test("the access log has the name, and never the token", async () => {
  const { as, logLines } = await start({ ACCESS_LOG: "on" });
  for (let count = 0; count < 3; count++) await as("slow", CLASSIFY);
  await expect.poll(() => logLines.filter((line) => line.includes('"msg":"call"')).length).toBe(3);
  const lines = logLines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ msg }) => msg === "call");
  expect(lines.map(({ token, status, via }) => [token, status, via])).toEqual([
    ["slow", 200, "tcp"],
    ["slow", 200, "tcp"],
    ["slow", 429, "tcp"],
  ]);
  expect(logLines.join("")).not.toContain(TOKENS.slow);
});
