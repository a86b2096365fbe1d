import { beforeAll, expect, onTestFinished, test } from "vitest";
import { Callers } from "../../../bench/fuzz/callers.ts";
import { FuzzedDaemon } from "../../../bench/fuzz/daemon.ts";
import { compareWays } from "../../../bench/fuzz/ways.ts";
import type { ClassifyReply } from "../../../src/lib/protocol/classify.ts";
import type { ProcessStatus } from "../../../src/lib/protocol/process.ts";
import { requireBuild } from "../cli/cli-process.ts";

const REQUESTS = 20_000;
/** Sent both ways into classify. */
const COMPARED = 2000;

beforeAll(requireBuild);

// FUZZ_SEED makes the same requests again; node bench/fuzz/main.ts SEED CALLER INDEX sends what failed alone.
test("20,000 requests by the grammars of HTTP, JSON and the API break nothing", { timeout: 180_000 }, async () => {
  const seed = Number(process.env["FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 32));
  const fuzzed = await FuzzedDaemon.start({ env: { KEEPALIVE: "30" } });
  onTestFinished(() => fuzzed.stop());
  const callers = new Callers(fuzzed.orders(seed, REQUESTS));
  onTestFinished(() => callers.end());
  await callers.done;
  const { sent, failures, statuses } = callers.tally;
  expect(failures, `seed ${seed}`).toEqual([]);
  expect(sent).toBeGreaterThanOrEqual(REQUESTS);
  // It is understood as well as refused.
  for (const status of [200, 400, 401, 403, 404, 405, 429])
    expect(statuses.get(status), `${status}`).toBeGreaterThan(50);
  const { daemon, recycles } = await fuzzed.daemon.json<ProcessStatus>("GET", "/api/process/status/");
  expect(daemon.pid).toBe(fuzzed.daemon.pid);
  expect([recycles.byReason.crash, recycles.byReason.hung]).toEqual([0, 0]);
  expect(fuzzed.daemon.log.split("\n").filter((line) => /"level":[56]0/u.test(line))).toEqual([]);
  const ways = await compareWays(fuzzed.daemon.socketPath, seed, COMPARED);
  expect(ways.differences, `seed ${seed}`).toEqual([]);
  for (const status of [200, 400]) expect(ways.statuses.get(status), `${status}`).toBeGreaterThan(COMPARED / 4);
  const call = { text: "where is my parcel??", noCache: true };
  const { results } = await fuzzed.daemon.json<ClassifyReply>("POST", "/api/classify/", call);
  expect(results[0]?.label).toBe("order_status");
});
