import { Chalk } from "chalk";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { UNICODE_GLYPHS } from "../../../src/lib/render/glyphs.ts";
import { PLAIN, type Paint } from "../../../src/lib/render/paint.ts";
import { renderStatus, type StatusReport } from "../../../src/lib/render/status.ts";
import { SAMPLED_MODELS } from "../../support/sample-models.ts";
import { CACHE_STATS, HEALTH, MEMORY, METRICS, PROCESS_STATUS, REDIS_STATUS } from "../../support/sample-replies.ts";

const REPORT: StatusReport = {
  cliVersion: "0.1.0",
  alerts: [],
  health: HEALTH,
  memory: MEMORY,
  metrics: METRICS,
  cache: CACHE_STATS,
  redis: REDIS_STATUS,
  process: PROCESS_STATUS,
  systemd: [
    { unit: "combot-redis.service", active: "failed", sub: "failed" },
    { unit: "combot-enhanced.socket", active: "active", sub: "running" },
    { unit: "combot-enhanced.service", active: "active", sub: "running" },
    { unit: "combot-check.service", active: "inactive", sub: "dead" },
    { unit: "combot.target", active: "active", sub: "active" },
  ],
};

const QUIET = { p50: null, p90: null, p99: null };

const FRESH: StatusReport = {
  cliVersion: "0.1.0",
  health: {
    ...HEALTH,
    status: "unhealthy",
    checks: {
      ...HEALTH.checks,
      model: {
        status: "unhealthy",
        detail: "loading: worker 0 has started three times without getting ready, the next start is in 40 s",
      },
      redis: { status: "degraded", detail: "down: connect ECONNREFUSED 127.0.0.1:6379" },
    },
    uptimeSeconds: 2,
  },
  memory: null,
  metrics: {
    ...METRICS,
    requests: 0,
    texts: 0,
    errors: {},
    latencyMs: { memory: QUIET, redis: QUIET, computed: QUIET },
    throughput: 0,
    queue: { waiting: 0, oldestMs: 0 },
    recycles: { total: 0, byReason: {} as typeof METRICS.recycles.byReason },
    users: 0,
  },
  cache: { ...CACHE_STATS, hitRate: null, hitRate5m: null },
  redis: null,
  process: null,
  alerts: null,
  controlDetail: "You may not open /run/combot/control.sock: it takes root or group combot-admin.",
  systemd: null,
};

describe("renderStatus", () => {
  test("shows a daemon at work", () => {
    expect(renderStatus(REPORT, PLAIN, UNICODE_GLYPHS)).toMatchInlineSnapshot(`
      "combot 0.1.0 is ok, up 3h 12m, pid 1201

      serves    model.onnx of /srv/models/shop-intents; chosen by COMBOT_MODEL_DIR

      memory    █████████████░░░░││││░  61% normal  4.7 GiB of 7.7 GiB (system)
      model     shop-intents  loaded  unloads in 4m 12s if idle  612 MiB  0123456789ab
      cache     hit 83% since the start, 85% in 5 min  100 of 100 entries  800 evicted
      redis     up  0.21 ms  2.2 MiB of 512 MiB  breaker closed  0 evicted
      journal   sqlite up  2 waiting  0 dropped  5120 written
      queue     3 waiting, the oldest for 41ms
      latency   memory 0.08/0.20/1.1, redis 0.70/1.4/6.0, computed 14/31/122 ms
                (p50/p90/p99)
      requests  18204 calls, 21377 texts, 12 calls/s, 64 users
      errors    QUEUE_FULL 3, DEADLINE_EXCEEDED 1
      recycles  7: users 4, requests 2, manual 1
      systemd   active    combot-enhanced.socket, combot-enhanced.service,
                          combot.target
                failed    combot-redis.service (failed)

      PROCESS      PID STATE    USERS  REQUESTS     UPTIME     PSS GEN NEXT RECYCLE
      daemon      1201 ok                            3h12m       -
      worker 0 4194301 ready    12/50  340/1043 3h11m/4h5m 318 MiB   4 uptime in 54m
      worker 1    1240 draining 50/50 1002/1043 3h11m/4h5m 318 MiB   3 users: due
      worker 1    1302 starting  0/50    0/1043  2.0s/4h5m       -   4 uptime in 54m"
    `);
  });

  test("shows what the user socket tells of a daemon that is unwell", () => {
    expect(renderStatus(FRESH, PLAIN, UNICODE_GLYPHS)).toMatchInlineSnapshot(`
      "combot 0.1.0 is unhealthy, up 2.0s

      model     unhealthy loading: worker 0 has started three times without getting
                          ready, the next start is in 40 s
      redis     degraded  down: connect ECONNREFUSED 127.0.0.1:6379
      memory    ok        61% of 7.7 GiB
      serves    shop-intents (0123456789ab), model.onnx of /srv/models/shop-intents;
                chosen by COMBOT_MODEL_DIR

      cache     hit - since the start, - in 5 min  100 of 100 entries  800 evicted
      journal   sqlite up  2 waiting  0 dropped  5120 written
      queue     empty
      latency   memory -, redis -, computed - ms (p50/p90/p99)
      requests  0 calls, 0 texts, 0.0 calls/s, 0 users
      errors    none
      recycles  0

      workers   Not shown, nor is memory. You may not open /run/combot/control.sock:
                it takes root or group combot-admin."
    `);
  });

  test.each([50, 60, 80, 120])("in %i columns no line is longer, no label broken, and no thing said twice", (width) => {
    const lines = renderStatus(REPORT, PLAIN, UNICODE_GLYPHS, width).split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(Math.min(width, 80));
    const labels = lines.slice(1).flatMap((line) => /^(?!worker \d|PROCESS|daemon)(\S+)/.exec(line)?.[1] ?? []);
    expect(labels).toEqual(
      ["serves", "memory", "model", "cache", "redis", "journal", "queue", "latency", "requests", "errors"].concat([
        "recycles",
        "systemd",
      ]),
    );
    expect(lines.join(" ").split("shop-intents  loaded")).toHaveLength(2);
  });

  test("one call is one call", () => {
    const metrics = { ...METRICS, requests: 1, texts: 1, users: 1 };
    expect(renderStatus({ ...REPORT, metrics }, PLAIN, UNICODE_GLYPHS)).toContain(
      "1 call, 1 text, 12 calls/s, 1 user\n",
    );
  });

  test.each([
    ["at work", REPORT],
    ["unwell", FRESH],
  ])("fits into 80 columns: %s", (_, report) => {
    const lines = renderStatus(report, PLAIN, UNICODE_GLYPHS).split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test("names the level of memory beside the figures", () => {
    const memory = {
      ...MEMORY,
      level: "emergency",
      usage: 0.96,
      source: "cgroup",
      model: { ...MEMORY.model, loaded: false, bytes: 0 },
    } as const;
    expect(renderStatus({ ...REPORT, memory }, PLAIN, UNICODE_GLYPHS)).toMatch(
      /memory +\S+ +96% emergency {2}4\.7 GiB of 7\.7 GiB \(cgroup\)\nmodel +shop-intents {2}not loaded/,
    );
  });

  test("says the same with colours and without", () => {
    const chalk = new Chalk({ level: 1 });
    const paint: Paint = {
      good: chalk.green,
      careful: chalk.yellow,
      bad: chalk.red,
      faint: chalk.dim,
      strong: chalk.bold,
    };
    const coloured = renderStatus(REPORT, paint, UNICODE_GLYPHS);
    expect(coloured).not.toBe(renderStatus(REPORT, PLAIN, UNICODE_GLYPHS));
    expect(stripVTControlCharacters(coloured)).toBe(renderStatus(REPORT, PLAIN, UNICODE_GLYPHS));
  });
});

test("a daemon of another version is told", () => {
  const text = renderStatus({ ...REPORT, cliVersion: "0.2.0" }, PLAIN, UNICODE_GLYPHS);
  expect(text.split("\n").slice(1, 3)).toEqual([
    "versions  This command is 0.2.0 and the daemon still 0.1.0: deploy or restart it",
    "          (combot docs upgrade).",
  ]);
});

test("of several models a line each, with what is wrong", () => {
  const lines = renderStatus({ ...REPORT, models: SAMPLED_MODELS }, PLAIN, UNICODE_GLYPHS).split("\n");
  const from = lines.findIndex((line) => line.startsWith("models"));
  expect(lines.slice(from, from + 6).join("\n")).toMatchInlineSnapshot(`
    "models    ready     default: 2 workers with 104 MiB, unloads in 29m 59s if idle
              loading   a-name-that-is-much-longer-than-any-other-one: 3 texts
                        waiting, it waits for room: needs 61.0 MiB; 12.0 MiB free
              failed    broken: model.onnx is no ONNX model
              ready     mood: 1 worker with 104 MiB, pinned
    queue     3 waiting, the oldest for 41ms"
  `);
});
