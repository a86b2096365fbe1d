import { beforeAll, describe, expect, test } from "vitest";
import type { HistoryReply } from "../../../src/lib/protocol/history.ts";
import { requireBuild, runCli } from "./cli-process.ts";
import { startFakeDaemon } from "./fake-daemon.ts";

beforeAll(requireBuild);

const NOTHING = { p50: null, p90: null, p99: null };

function replyAt(atMs: number): HistoryReply {
  const point = {
    at: new Date(atMs).toISOString(),
    requests: 60,
    texts: 60,
    errors: 1,
    throughput: 1,
    hitRate: 0.5,
    latencyMs: { memory: NOTHING, redis: NOTHING, computed: { p50: 9, p90: 20, p99: 31 } },
    level: "normal" as const,
    usage: 0.5,
    users: 4,
    recycles: 2,
  };
  return { since: new Date(atMs - 3_600_000).toISOString(), stepSeconds: 60, points: [point] };
}

describe("history", () => {
  test("draws sparklines and rows of what the daemon kept, and asks for as many points as fit", async () => {
    const reply = replyAt(Date.now() - 60_000);
    const { socket, calls } = await startFakeDaemon({ metricsHistory: () => ({ status: 200, body: reply }) });
    const env = { LANG: "C.UTF-8" };
    const { status, stdout, stderr } = await runCli(["history", "--since", "2h", "--socket", socket], { env });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^recycles +2 +2 +2 .*█/m);
    expect(stdout).toMatch(/Z +60 +1 +50% +- +31 +50% normal +4 +2$/m);
    expect(calls[0]?.query.get("step")).toBe("120");
    expect(Date.now() - Date.parse(calls[0]?.query.get("since") ?? "")).toBeGreaterThanOrEqual(7_200_000);
  });

  test("--model asks for that one, and draws what it has by itself", async () => {
    const whole = replyAt(Date.now() - 60_000);
    const [point] = whole.points;
    const own = { ...point!, meanMs: 12.4, loads: 3, evictions: 2 };
    const reply = { ...whole, model: "mood", points: [own] };
    const { socket, calls } = await startFakeDaemon({ metricsHistory: () => ({ status: 200, body: reply }) });
    const { status, stdout } = await runCli(["history", "--model", "mood", "--socket", socket]);
    expect(status).toBe(0);
    expect(calls[0]?.query.get("model")).toBe("mood");
    expect(stdout).toMatch(/^The last .* of mood, a stroke /);
    expect(stdout).toMatch(/FROM +REQUESTS +ERRORS +HIT RATE +TEXTS +MEAN MS +P99 MS +LOADS +EVICTIONS$/m);
    expect(stdout).toMatch(/Z +60 +1 +50% +60 +12\.?4? +31 +3 +2$/m);
    expect(stdout).not.toMatch(/recycles|USERS/);
  });

  test("one that nobody knows ends with 2, and says which there are", async () => {
    const problem = {
      code: "MODEL_UNKNOWN",
      title: "There is no model of that name",
      detail: "it has something of mood",
    };
    const { socket } = await startFakeDaemon({ metricsHistory: () => ({ status: 404, body: problem }) });
    const { status, stdout, stderr } = await runCli(["history", "--model", "moods", "--socket", socket]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain("it has something of mood");
  });

  test("prints the reply as one document under --json, of the step that was asked for", async () => {
    const reply = replyAt(Date.parse("2026-01-02T00:00:00Z"));
    const { socket, calls } = await startFakeDaemon({ metricsHistory: () => ({ status: 200, body: reply }) });
    const { stdout } = await runCli(["history", "--step", "15m", "--json", "--socket", socket]);
    expect(JSON.parse(stdout)).toEqual(reply);
    expect(calls[0]?.query.get("step")).toBe("900");
  });

  test.each([
    ["--since", "yesterday"],
    ["--step", "90s"],
    ["--step", "2d"],
  ])("%s %s ends with 2", async (...args) => {
    expect(await runCli(["history", ...args])).toMatchObject({ status: 2, stdout: "" });
  });
});
