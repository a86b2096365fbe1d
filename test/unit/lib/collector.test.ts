import { PerformanceObserver } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { beforeEach, describe, expect, test } from "vitest";
import { collectAll, collectInTurns, collectSparingly } from "../../../src/lib/collector.ts";

const MAJOR = 4;
const TOLD_MS = 50;
/** As long as nobody collects again. */
const REST_MS = 1050;

/** Full collections while something happens. */
async function collections(happens: () => Promise<unknown>): Promise<number> {
  let count = 0;
  const observer = new PerformanceObserver((list) => {
    for (const { detail } of list.getEntries() as unknown as Collected[]) if (detail.kind === MAJOR) count += 1;
  });
  observer.observe({ entryTypes: ["gc"] });
  await happens();
  await delay(TOLD_MS);
  observer.disconnect();
  return count;
}

interface Collected {
  readonly detail: { readonly kind: number };
}

describe("collecting in turns", () => {
  beforeEach(() => delay(REST_MS));

  test("is done once for all who ask at the same time, and not again a moment later", async () => {
    const alone = await collections(() => collectInTurns());
    expect(alone).toBeGreaterThanOrEqual(2);
    expect(await collections(() => collectInTurns())).toBe(0);
    await delay(REST_MS);
    const together = await collections(() => Promise.all([collectInTurns(), collectInTurns(), collectInTurns()]));
    expect(together).toBeLessThan(2 * alone);
  });

  test("leaves the longer turn where the loop is busy, if it is to be sparing", async () => {
    const last = await collections(async () => collectAll());
    const work = setInterval(() => {
      for (const until = performance.now() + 9; performance.now() < until;);
    }, 10);
    try {
      expect(await collections(() => collectSparingly())).toBe(1);
    } finally {
      clearInterval(work);
    }
    await delay(REST_MS);
    expect(await collections(() => collectSparingly())).toBe(1 + last);
  });
});
