import { PerformanceObserver } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { collectInTurn } from "../../../src/lib/collector.ts";

const MAJOR = 4;
const TOLD_MS = 50;
/** As long as nobody collects again. */
const REST_MS = 1050;

interface Collected {
  readonly detail: { readonly kind: number };
}

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

test("a collection is one for all who ask for it at the same time, and not repeated a moment later", async () => {
  const all = (): Promise<unknown> => Promise.all([collectInTurn(), collectInTurn(), collectInTurn()]);
  expect(await collections(all)).toBe(1);
  expect(await collections(all)).toBe(0);
  await delay(REST_MS);
  expect(await collections(all)).toBe(1);
});
