import { readFileSync } from "node:fs";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { keepAliveAgent, callSocket } from "../../../scripts/support/socket-request.ts";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { requireBuild } from "../cli/cli-process.ts";

beforeAll(requireBuild);

const RULES = new URL("../../../templates/prometheus/combot-alerts.yml", import.meta.url);
const DASHBOARD = new URL("../../../templates/grafana/combot.json", import.meta.url);
const METRIC = /\b(?:combot|process)_[a-z0-9_]+\b/g;
const MOST_SERIES = 300;
const CALLS = 600;

async function startDaemon(): Promise<PrivateDaemon> {
  const redis = await RedisServer.start({ port: 0, args: ["--maxmemory", "20mb"] });
  onTestFinished(() => redis.end());
  const daemon = await PrivateDaemon.start({ env: { REDIS_URL: redis.unixUrl, WORKERS: "1" } });
  onTestFinished(() => daemon.stop().then(() => undefined));
  return daemon;
}

/** Name and labels of each, and the value. */
async function samplesOf(daemon: PrivateDaemon): Promise<ReadonlyMap<string, number>> {
  const { text } = await daemon.ask("GET", "/metrics");
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]));
}

async function askAll(daemon: PrivateDaemon, kind: string): Promise<void> {
  const agent = keepAliveAgent(8);
  const { socketPath } = daemon;
  const call = async (index: number): Promise<unknown> =>
    Promise.all([
      callSocket({ socketPath, path: `/${kind}${index}/${"x".repeat(index % 50)}`, agent }),
      callSocket({ socketPath, method: "POST", path: `/api/${kind}/${index}/`, body: { index }, agent }),
      callSocket({
        socketPath,
        method: "POST",
        path: "/api/classify/",
        body: { text: "hi", user: kind + index },
        agent,
      }),
      callSocket({ socketPath, method: "POST", path: "/api/classify/", body: { text: "", user: kind + index }, agent }),
    ]);
  for (let index = 0; index < CALLS; index += 20)
    await Promise.all(Array.from({ length: 20 }, (_, offset) => call(index + offset)));
  agent.destroy();
}

test("all that a rule or a panel names is exported, and no user or path adds a series", async () => {
  const daemon = await startDaemon();
  await askAll(daemon, "first");
  // Redis is asked for its figures within some seconds.
  await expect
    .poll(async () => (await samplesOf(daemon)).get("combot_redis_memory_max_bytes"), { timeout: 20_000 })
    .toBe(20 * 2 ** 20);
  const first = await samplesOf(daemon);
  const exported = new Set([...first.keys()].map((series) => series.replace(/\{.*$/, "")));
  for (const file of [RULES, DASHBOARD]) {
    const named = new Set(readFileSync(file, "utf8").match(METRIC));
    expect([...named].filter((name) => !exported.has(name))).toEqual([]);
    expect(named.size).toBeGreaterThan(20);
  }
  await askAll(daemon, "second");
  const second = await samplesOf(daemon);
  expect([...second.keys()]).toEqual([...first.keys()]);
  expect(second.get("combot_requests_total")).toBe(4 * CALLS);
  expect(second.size).toBeLessThan(MOST_SERIES);
}, 60_000);
