import { beforeAll, describe, expect, test } from "vitest";
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
const MODEL = { name: "shop-intents", digest: "0123456789ab", dir: "/models/shop-intents" };

/** A daemon at work, as far as commands ask it. */
const HANDLERS: Handlers = {
  recycle: ok({ recycles: [{ slot: 0, done: true, durationMs: 812, freedBytes: 4096 }] }),
  modelLoad: ok({ started: [0], ready: [0], durationMs: 300 }),
  modelUnload: ok({ stopped: [0], beforeBytes: 9000, afterBytes: 5000, freedBytes: 4000, durationMs: 84 }),
  modelUse: ok({ model: MODEL, previous: MODEL, changed: true, durationMs: 900 }),
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
