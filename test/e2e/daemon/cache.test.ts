import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { LAUNCHER, PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { callSocket, keepAliveAgent } from "../../../scripts/support/socket-request.ts";
import { textsEvent } from "../../../src/daemon/journal/events.ts";
import { SqliteStore } from "../../../src/daemon/journal/sqlite/store.ts";
import type { RedisStatus } from "../../../src/lib/protocol/cache.ts";
import type { CleanupReply } from "../../../src/lib/protocol/cleanup.ts";
import type { MetricsReport } from "../../../src/lib/protocol/metrics.ts";
import type { WarmResult } from "../../../src/lib/protocol/warm.ts";
import { FATAL_WORD, writeOddModel } from "../../support/odd-models.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { requireBuild } from "../cli/cli-process.ts";

beforeAll(requireBuild);

async function startRedis(...args: string[]): Promise<RedisServer> {
  const server = await RedisServer.start({ args });
  onTestFinished(() => server.end());
  return server;
}

async function startDaemon(env: Record<string, string>, folder?: string): Promise<PrivateDaemon> {
  const daemon = await PrivateDaemon.start({ env: { LOG_LEVEL: "error", ...env } }, folder);
  onTestFinished(async () => void (await daemon.stop()));
  return daemon;
}

async function warm(daemon: PrivateDaemon, ...args: string[]): Promise<WarmResult> {
  const command = [LAUNCHER, "warm", "--json", ...args, "--socket", daemon.socketPath];
  const { stdout } = await promisify(execFile)(process.execPath, command);
  return JSON.parse(stdout) as WarmResult;
}

/** The daemon's own warming has a pause behind its last text, in which nobody else's may begin. */
async function warmNext(daemon: PrivateDaemon): Promise<WarmResult> {
  for (;;) {
    try {
      return await warm(daemon);
    } catch (error) {
      if (!String((error as { stdout?: string }).stdout).includes("WARMING_RUNS")) throw error;
    }
  }
}

/** A journal that has seen these texts, the first most often. */
async function writeJournal(folder: string, texts: readonly string[]): Promise<void> {
  mkdirSync(join(folder, "state"));
  const store = new SqliteStore(join(folder, "state", "journal.db"));
  await store.open();
  const counted = texts.map((text, at) => ({ digest: `digest ${at}`, count: texts.length - at, text }));
  await store.write({ texts: [textsEvent("before", Date.now(), counted).json] }, "once");
  await store.close();
}

const TEXTS = ["where is my order", "I want my money back", "do you ship to Norway"];

test("CACHE_WARM fills Redis from the journal: at start, after a cleanup, and when Redis lost all it had", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cd-"));
  await writeJournal(folder, TEXTS);
  const server = await startRedis();
  const keys = () => server.ask((redis) => redis.dbsize()).catch(() => 0);
  const untilWarm = () => expect.poll(keys, { timeout: 20_000, interval: 20 }).toBe(TEXTS.length);
  const daemon = await startDaemon({ REDIS_URL: server.url, CACHE_WARM: "on", JOURNAL_TEXT: "on" }, folder);
  await untilWarm();
  expect(await daemon.json("POST", "/api/classify/", { texts: TEXTS })).toMatchObject({
    results: TEXTS.map(() => ({ cached: "memory" })),
  });
  expect(await warmNext(daemon)).toMatchObject({ total: TEXTS.length, known: TEXTS.length, computed: 0 });
  const cleanup = await daemon.json<CleanupReply>("POST", "/api/cleanup/", { level: "soft", redis: true });
  // What it gave back is Redis' own, not the daemon's that garbage collection gave back meanwhile.
  expect(cleanup.actions.at(-1)).toMatchObject({ action: "answers removed from Redis", freedBytes: 0 });
  await untilWarm();
  await server.kill();
  await server.run();
  await untilWarm();
});

test("combot warm --file computes what a file has, and what is computed by then is known", async () => {
  const daemon = await startDaemon({ MAX_CACHE_SIZE: "1000", DATABASE_URL: "off" });
  const file = join(temporaryFolder(), "texts.txt");
  const texts = Array.from({ length: 300 }, (_, at) => `question number ${at}`);
  writeFileSync(file, `${texts.join("\n")}\n\n`);
  expect(await warm(daemon, "--file", file)).toMatchObject({ total: 300, done: 300, computed: 300, stopped: null });
  expect(await warm(daemon, "--file", file)).toMatchObject({ total: 300, known: 300 });
  await expect(warm(daemon)).rejects.toMatchObject({ code: 4, stdout: expect.stringContaining("JOURNAL_OFF") });
});

test("500 equal misses whose inference fails are 500 problems", async () => {
  const daemon = await startDaemon({ COMBOT_MODEL_DIR: writeOddModel(temporaryFolder(), { fatal: true }) });
  const agent = keepAliveAgent(500);
  const { socketPath } = daemon;
  const call = { socketPath, method: "POST", path: "/api/classify/", body: { text: `alpha ${FATAL_WORD}` }, agent };
  const replies = await Promise.all(Array.from({ length: 500 }, () => callSocket(call)));
  agent.destroy();
  const told = replies.map(({ status, headers }) => `${status} ${String(headers["content-type"])}`);
  expect(new Set(told)).toEqual(new Set(["422 application/problem+json"]));
  expect((await daemon.json<MetricsReport>("GET", "/api/metrics/")).errors).toEqual({ POISON_TEXT: 500 });
});

test("Redis over TLS: with its authority trusted it is up; else it is away, and the reason is told", async () => {
  const folder = temporaryFolder();
  const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "1"];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key];
  await promisify(execFile)("openssl", ["req", "-x509", ...kind, "-out", certificate, ...subject]);
  const { freePort } = await import("../../../scripts/support/free-port.ts");
  const port = await freePort();
  const tls = ["--tls-port", String(port), "--tls-cert-file", certificate, "--tls-key-file", key];
  await startRedis(...tls, "--tls-ca-cert-file", certificate, "--tls-auth-clients", "no");
  const env = { REDIS_URL: `rediss://localhost:${port}`, DATABASE_URL: "off" };
  const trusting = await startDaemon({ ...env, NODE_EXTRA_CA_CERTS: certificate });
  const statusOf = (daemon: PrivateDaemon) => daemon.json<RedisStatus>("GET", "/api/redis/status/");
  await expect.poll(async () => (await statusOf(trusting)).state, { timeout: 10_000 }).toBe("up");
  const wary = await startDaemon(env);
  await expect.poll(async () => (await statusOf(wary)).lastError, { timeout: 10_000 }).toMatch(/self.signed/);
  expect(await statusOf(wary)).toMatchObject({ state: "down" });
  expect((await wary.ask("POST", "/api/classify/", { text: "hello" })).status).toBe(200);
});
