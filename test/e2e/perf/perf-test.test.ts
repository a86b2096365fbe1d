import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { perfReport } from "../../../src/lib/protocol/perf.ts";
import type { PerfReport } from "../../../src/lib/protocol/perf.ts";
import type { ModelsReply } from "../../../src/lib/protocol/models.ts";
import { writeNamedModel } from "../../support/repository.ts";
import type { MetricsReport } from "../../../src/lib/protocol/metrics.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { requireBuild, runCli } from "../cli/cli-process.ts";

beforeAll(requireBuild);

/** Whatever the machine can do, these are met. */
const EASY = ["p99=60s", "rate=off", "memory=off", "memory-usage=off", "cpu=off", "hit-rate=off"];
const easy = EASY.flatMap((target) => ["--target", target]);

async function startDaemon(): Promise<PrivateDaemon> {
  const daemon = await PrivateDaemon.start({ env: { LOG_LEVEL: "error" } });
  onTestFinished(async () => void (await daemon.stop("SIGKILL")));
  return daemon;
}

async function perfTest(daemon: { socketPath: string }, ...args: string[]): Promise<PerfReport & { status: number }> {
  const { status, stdout, stderr } = await runCli(["perf-test", ...args, "--json", "--socket", daemon.socketPath]);
  expect(stderr).toBe("");
  return { ...perfReport.parse(JSON.parse(stdout)), status: status ?? -1 };
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
    const { texts, users } = await daemon.json<MetricsReport>("GET", "/api/metrics/");
    // One question came first, to see what model is served.
    expect({ texts, users: users <= 7 }).toEqual({ texts: 401, users: true });
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
      "8s",
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
    const daemon = await startDaemon();
    const texts = join(temporaryFolder(), "texts");
    writeFileSync(texts, "where is my parcel\nI want my money back\n");
    const args = ["-n", "20", "--warm-up", "0s", "--texts", texts, "--target", "p50=0.001ms", ...easy];
    const { status, stdout } = await runCli(["perf-test", ...args, "--socket", daemon.socketPath]);
    expect(status).toBe(4);
    expect(stdout).toContain("FAIL, missed: p50.");
    expect(stdout.replaceAll(/\s+/g, " ")).toContain("2 texts of");
  });
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

describe("what can't be done is told", () => {
  test("nobody listens: 3", async () => {
    const socket = join(temporaryFolder(), "nobody.sock");
    const { status, stderr } = await runCli(["perf-test", "--socket", socket]);
    expect(status).toBe(3);
    expect(stderr).toContain("[DAEMON_UNREACHABLE]");
  });

  test.each([
    ["--rate", "0"],
    ["--duration", "soon"],
    ["--target", "speed=1"],
    ["--url", "ftp://x"],
    ["--texts", "/nowhere/at/all"],
    ["--baseline", "/nowhere/at/all"],
    ["--save", "/nowhere/at/all"],
    ["--report", "/nowhere/at/all"],
  ])("%s %s: 2", async (...args) => {
    const { status, stderr, stdout } = await runCli(["perf-test", ...args]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(args[0]);
  });
});
