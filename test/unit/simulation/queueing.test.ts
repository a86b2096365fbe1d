import { describe, expect, test } from "vitest";
import { Simulation } from "../../../src/daemon/simulation/simulation.ts";
import { PoissonTraffic } from "../../../src/daemon/simulation/traffic.ts";
import type { PlanPolicy, PlanSpan } from "../../../src/lib/protocol/plan.ts";
import { createRandom } from "../../../src/lib/random.ts";
import { measuredModel, planMachine, planPolicy } from "../../support/plan-fixtures.ts";

// What theory says of a queue (L. Kleinrock, Queueing Systems I, 1975): of one text a batch, in the order of arrival.

const MEAN_MS = 10;
const REQUESTS = 300_000;
/** The daemon's part of a request, which theory has not. */
const PATH_MS = 0.8;

interface Line {
  readonly load: number;
  readonly workers: number;
  readonly batchMs: (random: () => number) => number;
}

/** Mean time from arrival to answer, less the daemon's part of it. */
async function meanMs({ load, workers, batchMs }: Line): Promise<number> {
  const { total } = await run({ load, workers, batchMs });
  expect(total.answered / total.requests).toBeGreaterThan(0.999);
  return (total.meanMs ?? NaN) - PATH_MS;
}

async function run({ load, workers, batchMs }: Line, change: Partial<PlanPolicy> = {}): Promise<{ total: PlanSpan }> {
  const model = measuredModel({ batching: "single" });
  const perSecond = (load * workers * 1000) / MEAN_MS;
  const traffic = { minutes: [perSecond], users: 1000, unique: true };
  const random = createRandom(7);
  const lengthMs = (REQUESTS * 1000) / perSecond;
  const simulation = new Simulation({
    // Room beside the workers: what the daemon itself computes slows none of them.
    machine: planMachine({ cores: workers + 0.9 }),
    policy: planPolicy({ workers, queueMaxTexts: 1_000_000, requestTimeoutMs: 1e9, ...change }),
    model,
    texts: ["one", "two", "three", "four", "five"],
    traffic: new PoissonTraffic(traffic, model.tokens, createRandom(3)),
    random,
    batchMs: () => batchMs(random),
    warmUpMs: 60_000,
    untilMs: 60_000 + lengthMs,
    spanMs: lengthMs,
  });
  return simulation.run();
}

const exponential = (random: () => number): number => -Math.log(1 - random()) * MEAN_MS;
const constant = (): number => MEAN_MS;

describe("a simulated queue is as long as theory says", () => {
  test.each([0.3, 0.6, 0.8])("M/M/1 at a load of %d: 1 / (μ - λ)", async (load) => {
    const expected = MEAN_MS / (1 - load);
    expect((await meanMs({ load, workers: 1, batchMs: exponential })) / expected).toBeCloseTo(1, 1);
  });

  test.each([0.3, 0.6, 0.8])("M/D/1 at a load of %d: waits half as long", async (load) => {
    const expected = MEAN_MS * (1 + load / (2 * (1 - load)));
    expect((await meanMs({ load, workers: 1, batchMs: constant })) / expected).toBeCloseTo(1, 1);
  });

  test("M/M/2: Erlang's C", async () => {
    const load = 0.6;
    const offered = 2 * load;
    const wait = offered ** 2 / 2 / (1 - load);
    const delayed = wait / (1 + offered + wait);
    const expected = MEAN_MS + (delayed * MEAN_MS) / (2 * (1 - load));
    expect((await meanMs({ load, workers: 2, batchMs: exponential })) / expected).toBeCloseTo(1, 1);
  });

  test("Little's law holds for whoever waits, and what does not fit is refused", async () => {
    // M/M/1/K: of K places one is the worker's. Blocked is (1 - ρ) ρ^K / (1 - ρ^(K + 1)), here with ρ = 1: 1 / (K + 1).
    const places = 4;
    const line = { load: 1, workers: 1, batchMs: exponential };
    const { total } = await run(line, { queueMaxTexts: places - 1 });
    expect(total.failures["queue full"] / total.requests).toBeCloseTo(1 / (places + 1), 2);
    expect(total.answered + total.failures["queue full"]).toBeGreaterThanOrEqual(total.requests - places);
  });
});
