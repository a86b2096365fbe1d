import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { parse } from "csv-parse/sync";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { callSocket } from "../../../scripts/support/socket-request.ts";
import type { CleanupReply } from "../../../src/lib/protocol/cleanup.ts";
import type { CacheStats } from "../../../src/lib/protocol/cache.ts";
import { TEST_HEADER } from "../../../src/lib/protocol/load-test.ts";
import { perfReport } from "../../../src/lib/protocol/perf.ts";
import type { PerfReport } from "../../../src/lib/protocol/perf.ts";
import type { ModelsReply } from "../../../src/lib/protocol/models.ts";
import { writeOddModel } from "../../support/odd-models.ts";
import { writeNamedModel } from "../../support/repository.ts";
import type { MetricsReport } from "../../../src/lib/protocol/metrics.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { requireBuild, runCli, startCli } from "../cli/cli-process.ts";

beforeAll(requireBuild);

/** Whatever the machine can do, these are met. */
const EASY = ["p99=60s", "rate=off", "memory=off", "memory-usage=off", "cpu=off", "hit-rate=off"];
const easy = EASY.flatMap((target) => ["--target", target]);

async function startDaemon(env: Readonly<Record<string, string>> = {}): Promise<PrivateDaemon> {
  const daemon = await PrivateDaemon.start({ env: { LOG_LEVEL: "error", ...env } });
  onTestFinished(async () => void (await daemon.stop("SIGKILL")));
  return daemon;
}

async function perfTest(daemon: { socketPath: string }, ...args: string[]): Promise<PerfReport & { status: number }> {
  const { status, stdout, stderr } = await runCli(["perf-test", ...args, "--json", "--socket", daemon.socketPath]);
  expect(stderr).toBe("");
  return { ...perfReport.parse(JSON.parse(stdout)), status: status ?? -1 };
}

function onceTold(stream: Readable, words: RegExp): Promise<void> {
  let told = "";
  return new Promise((resolve) => {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      told += chunk;
      if (words.test(told)) resolve();
    });
  });
}

describe("with the bundled model", { timeout: 120_000 }, () => {
  test("asks exactly what it is to, and its figures agree with the daemon's", async () => {
    const daemon = await startDaemon();
    const args = ["-n", "400", "--warm-up", "0s", "-c", "10", "--users", "7", "--unique", ...easy];
    const report = await perfTest(daemon, ...args);
    const { requests, latencyMs, load, server, recycles, resources, model, targets } = report;
    expect(requests).toMatchObject({ begun: 400, answered: 400, failed: 0 });
    expect(latencyMs.computed.count).toBe(400);
    expect([latencyMs.memory.count, latencyMs.redis.count]).toEqual([0, 0]);
    expect(load).toMatchObject({ loop: "closed", concurrency: 10, users: 7, texts: { unique: true, count: 3000 } });
    const { testCalls, requests: calls, texts, users } = await daemon.json<MetricsReport>("GET", "/api/metrics/");
    // One question came first, to see what model is served; all of them are a test's, and count nowhere else.
    expect({ testCalls, calls, texts, users }).toEqual({ testCalls: 401, calls: 0, texts: 0, users: 0 });
    expect(load.marked).toBe(true);
    expect(server.computedMs.count).toBe(400);
    // Read over the socket a moment after the run began and ended.
    expect(server.queueMs!.count).toBeGreaterThan(0);
    expect(server.batchMs!.count).toBe(server.batches!.count);
    expect(model?.name).toBe("shop-intents");
    expect(recycles?.total).toBe(0);
    expect(resources === null || resources.peak.treePssBytes > 0).toBe(true);
    expect(targets.map(({ name, pass }) => [name, pass])).toEqual([
      ["p99", true],
      ["errors", true],
      ["cleanup", null],
      ["recycle", null],
      ["load", null],
    ]);
    expect(report).toMatchObject({ status: 0, verdict: "pass" });
  });

  test("puts one of several models under load, and no other", async () => {
    const models = temporaryFolder();
    writeNamedModel(join(models, "mood"), "mood");
    const daemon = await PrivateDaemon.start({ env: { COMBOT_MODELS_DIR: models, LOG_LEVEL: "error" } });
    onTestFinished(async () => void (await daemon.stop("SIGKILL")));
    const args = ["-n", "100", "--warm-up", "0s", "-c", "4", "--unique", "--model", "mood", "--lifecycle", ...easy];
    const report = await perfTest(daemon, ...args);
    expect(report.requests).toMatchObject({ begun: 100, answered: 100, failed: 0 });
    expect(report.model?.name).toBe("mood");
    const { models: rows } = await daemon.json<ModelsReply>("GET", "/api/models/");
    expect(rows.map(({ name, lastUsed }) => [name, lastUsed !== null])).toEqual([
      ["default", false],
      ["mood", true],
    ]);
    const { status, stderr } = await runCli(["perf-test", "--model", "moods", "--socket", daemon.socketPath]);
    expect([status, stderr]).toEqual([2, expect.stringContaining('there is no model "moods"; there are mood')]);
  });

  test("performs the life cycle under load, without a failed request, and is watched meanwhile", async () => {
    const daemon = await startDaemon();
    const report = await perfTest(
      daemon,
      "-d",
      "20s",
      "--warm-up",
      "1s",
      "-c",
      "4",
      "--rate",
      "40",
      "--lifecycle",
      ...easy,
    );
    const { lifecycle, requests, targets, resources, load, steady } = report;
    expect(lifecycle?.map(({ step, error }) => [step, error])).toEqual([
      ["cleanup", null],
      ["recycle", null],
      ["unload", null],
      ["load", null],
    ]);
    expect(requests.failed).toBe(0);
    expect(requests.answered).toBe(requests.begun);
    expect(load).toMatchObject({ loop: "open", ratePerSecond: 40, arrivals: "poisson" });
    expect(resources?.samples.length).toBeGreaterThan(2);
    expect(resources?.peak.treePssBytes).toBeGreaterThan(0);
    expect(steady).toBeNull();
    const judged = targets.filter(({ name }) => ["cleanup", "recycle", "load"].includes(name));
    expect(judged.map(({ pass }) => pass)).toEqual([true, true, true]);
  });

  test("keeps a report to compare with, makes a page of it, and compares like with like", async () => {
    const daemon = await startDaemon();
    const folder = temporaryFolder();
    const [saved, page] = [join(folder, "saved.json"), join(folder, "page.html")];
    const args = ["-d", "2s", "--warm-up", "0s", "-c", "4", "--unique", ...easy];
    const { status: _status, ...report } = await perfTest(daemon, ...args, "--save", saved, "--report", page);
    expect(perfReport.parse(JSON.parse(readFileSync(saved, "utf8")))).toEqual(report);
    const html = readFileSync(page, "utf8");
    expect(JSON.parse(/id="report">(.*?)<\/script>/s.exec(html)![1]!)).toEqual(report);
    expect(html).toContain("uPlot");

    const { comparison } = await perfTest(daemon, ...args, "--baseline", saved);
    expect(comparison?.at).toBe(report.at);
    expect(comparison?.figures.map(({ name }) => name)).toEqual(expect.arrayContaining(["requests/s", "p50", "p99"]));

    const others = [...args.filter((arg) => arg !== "-c" && arg !== "4"), "-c", "5"];
    const other = await runCli(["perf-test", ...others, "--baseline", saved, "--socket", daemon.socketPath]);
    expect(other).toMatchObject({ status: 2, stdout: "" });
    expect(other.stderr).toContain("concurrency 4 then, 5 now");
  });

  test("ends with 4 and says which target is missed, as text", async () => {
    // A daemon that takes its time, one at a time, and warm: a generator that is busy or late beside it has no verdict.
    const daemon = await startDaemon({ COMBOT_MODEL_DIR: writeOddModel(temporaryFolder(), { slowRounds: 20 }) });
    const texts = join(temporaryFolder(), "texts");
    writeFileSync(texts, "where is my parcel\nI want my money back\n");
    const few = ["-n", "20", "-c", "1", "--warm-up", "1s", "--unique"];
    const args = [...few, "--texts", texts, "--target", "p50=0.001ms", ...easy];
    // On a machine that others keep busy there is none for a while: 6.
    await vi.waitFor(async () => {
      const { status, stdout } = await runCli(["perf-test", ...args, "--socket", daemon.socketPath]);
      expect(status).toBe(4);
      expect(stdout).toContain("FAIL, missed: p50.");
      expect(stdout.replaceAll(/\s+/g, " ")).toContain("2 texts of");
    }, 90_000);
  }, 120_000);
});

test(
  "what it asks is kept out of history, texts, users and the cache's figures, unless it is to count",
  { timeout: 120_000 },
  async () => {
    const folder = temporaryFolder();
    const [texts, kept] = [join(folder, "texts"), join(folder, "journal.db")];
    const daemon = await startDaemon({ DATABASE_URL: `sqlite:${kept}` });
    writeFileSync(texts, "a test's own text\n");
    const args = ["-n", "40", "--warm-up", "0s", "-c", "4", "--texts", texts, ...easy];
    const { requests, hitRate } = await perfTest(daemon, ...args);
    expect(requests).toMatchObject({ begun: 40, failed: 0 });
    expect(hitRate).toBeGreaterThan(0);
    const cache = await daemon.json<CacheStats>("GET", "/api/cache/stats/");
    expect(cache).toMatchObject({ hitRate: null, memory: { entries: 1, hits: 0, misses: 0 } });
    // A cleanup tells what the cache had before it, and not what is left.
    const cleaned = await daemon.json<CleanupReply>("POST", "/api/cleanup/", { level: "force" });
    expect([cleaned.before.cacheBytes > 0, cleaned.after.cacheBytes]).toEqual([true, 0]);
    // A mark that the daemon did not give out hides nothing.
    const live = { text: "somebody's text", user: "anna" };
    for (const headers of [{}, { [TEST_HEADER]: "00" }])
      await callSocket({ socketPath: daemon.socketPath, method: "POST", path: "/api/classify/", body: live, headers });
    const counted = await daemon.json<MetricsReport>("GET", "/api/metrics/");
    expect(counted).toMatchObject({ requests: 2, texts: 2, users: 1, testCalls: 41 });
    const { load } = await perfTest(daemon, "-n", "10", "--warm-up", "0s", "--texts", texts, "--as-live", ...easy);
    expect(load.marked).toBe(false);
    await daemon.stop();
    const journal = new DatabaseSync(kept, { readOnly: true });
    // Of the last one also the question that came first.
    expect({ ...journal.prepare("SELECT sum(requests) AS requests FROM combot_minutes").get() }).toEqual({
      requests: 13,
    });
    const rows = journal.prepare("SELECT digest, count FROM combot_texts ORDER BY count").all();
    const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
    expect(rows.map((row) => [row["digest"], row["count"]])).toEqual([
      [digest("where is my parcel"), 1],
      [digest("somebody's text"), 2],
      [digest("a test's own text"), 10],
    ]);
    journal.close();
  },
);

test("a life cycle on a warm cache passes nothing that did not happen", { timeout: 120_000 }, async () => {
  const redis = await RedisServer.start();
  onTestFinished(() => redis.end());
  const daemon = await startDaemon({ REDIS_URL: `unix://${redis.socketPath}` });
  const texts = join(temporaryFolder(), "texts");
  writeFileSync(texts, "one text that Redis keeps\n");
  const args = ["-d", "20s", "--warm-up", "1s", "--rate", "20", "--texts", texts, "--lifecycle", "-t", "unload=5s"];
  const { lifecycle, targets, verdict } = await perfTest(daemon, ...args, ...easy);
  const idle = "no worker ran: every answer came out of the cache";
  expect(lifecycle?.map((one) => [one.step, one.error, one.idle ?? null])).toEqual([
    ["cleanup", null, null],
    ["recycle", null, idle],
    ["unload", null, idle],
    ["load", null, null],
  ]);
  const judged = new Map(targets.map((target) => [target.name, target]));
  for (const name of ["recycle", "unload"])
    expect(judged.get(name)).toMatchObject({ measured: null, pass: null, detail: idle });
  expect(judged.get("load")).toMatchObject({ pass: true });
  expect(verdict).not.toBe("fail");
});

test("a search, stages, and what ends a run before its time", { timeout: 120_000 }, async () => {
  const daemon = await startDaemon();
  const folder = temporaryFolder();
  const [csv, junit] = [join(folder, "windows.csv"), join(folder, "cases.xml")];
  const stages = "1s:30,0s:60,1s:60,1s:0";
  const files = ["--csv", csv, "--junit", junit];
  const staged = await perfTest(daemon, "--stages", stages, "--arrivals", "even", ...files, ...easy);
  // By hand: half of 30, all of 60, half of 60.
  expect(staged.requests).toMatchObject({ begun: 105, answered: 105, failed: 0 });
  expect(staged.load).toMatchObject({ loop: "open", ratePerSecond: null, stages });
  expect(staged.stages?.map(({ fromPerSecond, toPerSecond }) => [fromPerSecond, toPerSecond])).toEqual([
    [0, 30],
    [60, 60],
    [60, 0],
  ]);
  const rows = parse<Record<string, string>>(readFileSync(csv), { columns: true });
  expect(rows).toHaveLength(staged.windows.list.length);
  expect(rows.map(({ failed }) => failed)).toEqual(rows.map(() => "0"));
  expect(readFileSync(junit, "utf8")).toContain('<testcase classname="combot.perf-test" name="errors"');

  const args = ["perf-test", "--json", "--socket", daemon.socketPath];
  const aborted = await runCli([...args, "-r", "100", "-d", "60s", "--abort-on", "p50=0.001ms", ...easy]);
  expect(aborted.status).toBe(4);
  const { interrupted, verdict, requests } = perfReport.parse(JSON.parse(aborted.stdout));
  expect({ interrupted, verdict }).toEqual({
    interrupted: "latency p50 was no longer as --abort-on wants it",
    verdict: "fail",
  });
  expect(requests.begun).toBeLessThan(6000);

  const searching = startCli(["perf-test", "--find-max", "-d", "3s", "--socket", daemon.socketPath, "--save", csv], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [shown, told] = [text(searching.stdout!), onceTold(searching.stderr!, /run 1 \| 10.0\/s/)];
  await told;
  searching.kill("SIGINT");
  const [status] = (await once(searching, "close")) as [number];
  expect(status).toBe(130);
  expect(await shown).toContain("Ended before its time: interrupted.");
  const { search } = perfReport.parse(JSON.parse(readFileSync(csv, "utf8")));
  expect(search?.steps[0]).toMatchObject({ run: 1, ratePerSecond: 10 });
  expect(search?.isAtLeast || search?.ratePerSecond === null || search?.ratePerSecond === 10).toBe(true);
});

test("without the control socket it measures all the same, and says what it could not see", async () => {
  const daemon = await startDaemon();
  rmSync(daemon.controlPath);
  const args = ["-n", "30", "--warm-up", "0s", "-c", "3", "--unique", "--target", "cpu=off"];
  const { requests, resources, recycles, settings, targets } = await perfTest(daemon, ...args);
  expect(requests).toMatchObject({ begun: 30, answered: 30 });
  expect({ resources, recycles, settings }).toEqual({ resources: null, recycles: null, settings: null });
  expect(targets.find(({ name }) => name === "memory")).toMatchObject({
    pass: null,
    detail: "the control socket alone tells",
  });
});
