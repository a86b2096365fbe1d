import { Histogram, Registry } from "prom-client";
import { expect, test } from "vitest";
import { counted, histogramIn, timesOf } from "../../../src/lib/perf/watch/prometheus.ts";
import { serverFigures } from "../../../src/lib/perf/watch/server-metrics.ts";

function page() {
  const registry = new Registry();
  const of = (name: string, buckets: number[]): Histogram =>
    new Histogram({ name, help: name, buckets, registers: [registry] });
  const texts = of("combot_batch_texts", [1, 2, 4]);
  const seconds = of("combot_batch_duration_seconds", [0.01, 0.1, 1]);
  return { texts, seconds, read: () => registry.metrics() };
}

test("what was counted between two readings is told, and nothing from before", async () => {
  const { texts, seconds, read } = page();
  texts.observe(4);
  seconds.observe(0.9);
  const before = await read();
  for (const size of [1, 1, 2, 9]) texts.observe(size);
  for (const duration of [0.005, 0.02, 0.03, 0.05]) seconds.observe(duration);
  const { batches, batchMs, queueMs } = serverFigures(before, await read());
  expect(batches).toEqual({
    count: 4,
    meanTexts: 13 / 4,
    sizes: [
      { upTo: 1, count: 2 },
      { upTo: 2, count: 1 },
      { upTo: 4, count: 0 },
      { upTo: null, count: 1 },
    ],
  });
  expect(batchMs).toMatchObject({ count: 4 });
  expect(batchMs!.mean).toBeCloseTo(26.25);
  // Of four, three lie in the bucket from 10 to 100 ms: the second of all is its first third.
  expect(batchMs!.p50).toBeCloseTo(40);
  expect(queueMs).toBeNull();
});

test("nothing is told where the counters began anew, or a reading is missing", async () => {
  const { seconds, read } = page();
  seconds.observe(0.5);
  const old = histogramIn(await read(), "combot_batch_duration_seconds");
  const young = histogramIn(await page().read(), "combot_batch_duration_seconds");
  expect(counted(old, young)).toBeUndefined();
  expect(timesOf(counted(undefined, young))).toBeNull();
  expect(timesOf(counted(young, young))).toEqual({ count: 0, mean: null, p50: null, p90: null, p99: null });
});
