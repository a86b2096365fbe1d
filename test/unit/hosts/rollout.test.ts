import { describe, expect, test } from "vitest";
import { batchSize, inBatches, waitMs } from "../../../src/lib/hosts/batches.ts";
import { inParallel } from "../../../src/lib/hosts/bounded.ts";
import { type Outcome, rollOut, type Stand } from "../../../src/lib/hosts/rollout.ts";

describe("a batch", () => {
  test.each([
    ["1", 10, 1],
    ["3", 10, 3],
    ["25%", 10, 2],
    ["25%", 3, 1],
    ["100%", 7, 7],
    ["1%", 400, 4],
  ])("of %s of %i hosts has %i", (given, hosts, size) => {
    expect(batchSize(given, hosts)).toBe(size);
  });

  test.each(["0", "0%", "101%", "-1", "1.5", "", "all", "1 %"])("of %j is refused", (given) => {
    expect(() => batchSize(given, 4)).toThrow("--batch");
  });

  test("is a stretch of the file", () => {
    expect(inBatches([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
  });
});

test.each([
  ["30s", 30_000],
  ["45", 45_000],
  ["2m", 120_000],
  ["1h", 3_600_000],
  ["0", 0],
])("--wait %s is %i ms", (given, ms) => {
  expect(waitMs(given)).toBe(ms);
});

test.each(["", "s", "-1s", "25h", "1d", "1.5s"])("--wait %j is refused", (given) => {
  expect(() => waitMs(given)).toThrow("--wait");
});

test("so many at a time, each once, results in order", async () => {
  let [running, most] = [0, 0];
  const results = await inParallel([5, 4, 3, 2, 1], 2, async (item) => {
    most = Math.max(most, ++running);
    for (let turn = 0; turn < item; turn++) await Promise.resolve();
    running--;
    return item * 10;
  });
  expect({ results, most }).toEqual({ results: [50, 40, 30, 20, 10], most: 2 });
});

describe("a run", () => {
  /** What happened in which order, and what came of it. */
  async function run(batches: readonly (readonly string[])[], ends: Readonly<Record<string, Stand>>, stopAt = "") {
    const log: string[] = [];
    let isStopped = false;
    const outcomes = await rollOut({
      batches,
      atOnce: 2,
      deploy: async (host): Promise<Outcome> => {
        log.push(`begin ${host}`);
        if (host === stopAt) isStopped = true;
        await Promise.resolve();
        return { host, stand: ends[host] ?? "deployed", detail: "" };
      },
      pause: async () => void log.push("pause"),
      isStopped: () => isStopped,
      onOutcome: ({ host }) => void log.push(`end ${host}`),
    });
    return { log, stands: outcomes.map(({ host, stand }) => `${host} ${stand}`) };
  }

  test("goes batch after batch, with a pause between two", async () => {
    const { log, stands } = await run([["a"], ["b"], ["c"]], {});
    expect(log).toEqual(["begin a", "end a", "pause", "begin b", "end b", "pause", "begin c", "end c"]);
    expect(stands).toEqual(["a deployed", "b deployed", "c deployed"]);
  });

  test.each(["rolled-back", "failed", "unknown"] as const)(
    "ends with the batch of a host that is %s",
    async (stand) => {
      const { log, stands } = await run([["a", "b"], ["c"]], { a: stand });
      expect(log).toEqual(["begin a", "begin b", "end a", "end b"]);
      expect(stands).toEqual([`a ${stand}`, "b deployed", "c waiting"]);
    },
  );

  test("that is stopped finishes what has begun and begins no more", async () => {
    const { log, stands } = await run([["a", "b", "c"], ["d"]], {}, "a");
    expect(log).toEqual(["begin a", "end a"]);
    expect(stands).toEqual(["a deployed", "b waiting", "c waiting", "d waiting"]);
  });
});
