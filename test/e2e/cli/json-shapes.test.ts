import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { CLEANUP, DECISION } from "../../support/sample-replies.ts";
import { shapeOf } from "../../support/shape.ts";
import { requireBuild, runCli } from "./cli-process.ts";
import { startFakeDaemon } from "./fake-daemon.ts";
import type { Answer, Handlers } from "./fake-daemon.ts";

beforeAll(requireBuild);

function ok(body: unknown): () => Answer {
  return () => ({ status: 200, body });
}

const QUANTILES = { p50: 1, p90: 2, p99: 3 };
const MODEL = { name: "shop-intents", digest: "0123456789ab", dir: "/models/shop-intents", file: "model.onnx" };

/** A daemon at work, as far as commands ask it. */
const HANDLERS: Handlers = {
  recycle: ok({ recycles: [{ slot: 0, done: true, durationMs: 812, freedBytes: 4096 }] }),
  modelLoad: ok({ started: [0], ready: [0], durationMs: 300 }),
  modelUnload: ok({ stopped: [0], beforeBytes: 9000, afterBytes: 5000, freedBytes: 4000, durationMs: 84 }),
  modelUse: ok({ model: MODEL, previous: MODEL, changed: true, remembered: true, remarks: [], durationMs: 900 }),
  cleanup: ok(CLEANUP),
  decisions: ok({ decisions: [DECISION] }),
  metricsHistory: ok({
    since: DECISION.at,
    stepSeconds: 60,
    points: [
      {
        at: DECISION.at,
        requests: 1,
        texts: 1,
        errors: 0,
        throughput: 0.1,
        hitRate: 0.5,
        latencyMs: { memory: QUANTILES, redis: QUANTILES, computed: QUANTILES },
        level: "normal",
        usage: 0.5,
        users: 1,
        recycles: 0,
      },
    ],
  }),
};

describe("--json: one document, of the shape that scripts know", () => {
  test.each([
    ["classify", "hello"],
    ["cleanup", "--yes"],
    ["cleanup", "--dry-run"],
    ["config"],
    ["decisions"],
    ["history"],
    ["model", "load"],
    ["model", "unload"],
    ["model", "use", "/models/shop-intents"],
    ["recycle"],
  ])("%s %s %s", async (...args) => {
    const { socket } = await startFakeDaemon(HANDLERS);
    const words = args.filter((arg) => typeof arg === "string");
    const { status, stdout, stderr } = await runCli([...words, "--json", "--socket", socket]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(shapeOf(JSON.parse(stdout))).toMatchSnapshot();
  });
});

describe("--json of commands that look at a machine or a daemon at work", () => {
  let daemon: PrivateDaemon;
  beforeAll(async () => {
    daemon = await PrivateDaemon.start({ env: { LOG_LEVEL: "error", WORKERS: "1" } });
  });
  afterAll(() => daemon.stop().then(() => undefined));

  async function document(...args: readonly string[]): Promise<Record<string, unknown>> {
    const { stdout } = await runCli([...args, "--json"]);
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  test("model check", async () => {
    expect(shapeOf(await document("model", "check", "models/shop-intents"))).toMatchSnapshot();
  });

  test("warm", async () => {
    const file = join(daemon.folder, "texts.txt");
    writeFileSync(file, "where is my order?\nhello\n");
    expect(shapeOf(await document("warm", "--file", file, "--socket", daemon.controlPath))).toMatchSnapshot();
  });

  test("doctor: what it finds is the machine's, what it says of each is not", async () => {
    const { status, checks } = await document("doctor", "--socket", daemon.socketPath);
    expect(["ok", "warn", "fail"]).toContain(status);
    const fields = (checks as Record<string, unknown>[]).flatMap((check) => Object.keys(check));
    expect([...new Set(fields)].filter((field) => !["command", "details"].includes(field))).toMatchSnapshot();
  });

  test("deploy --dry-run, perf-test: the names at the top", async () => {
    expect(Object.keys(await document("deploy", "--dry-run"))).toMatchSnapshot("deploy");
    const report = await document("perf-test", "-d", "1s", "--warm-up", "0s", "--socket", daemon.socketPath);
    expect(Object.keys(report)).toMatchSnapshot("perf-test");
  });
});
