import { expect, test } from "vitest";
import { StealMeter, stolenBetween } from "../../../src/lib/cpu-steal.ts";

/** /proc/stat, as the kernel writes it; guests' time is in user already. */
function stat(user: number, idle: number, steal: number): string {
  return `cpu  ${user} 0 0 ${idle} 0 0 0 ${steal} ${user} 0\ncpu0 1 2 3 4 5 6 7 8 0 0\nintr 1 2 3\n`;
}

test("what the host took is a share of all the time between two readings", () => {
  expect(stolenBetween(stat(100, 100, 10), stat(130, 140, 40))).toBe(0.3);
  expect(stolenBetween(stat(100, 100, 10), stat(100, 100, 10))).toBeNull();
  expect(stolenBetween(undefined, stat(1, 1, 1))).toBeNull();
});

test("the meter looks back over its window alone", () => {
  const texts = [stat(0, 0, 0), stat(50, 0, 50), stat(150, 0, 50), stat(250, 0, 50)];
  const meter = new StealMeter(2000, () => texts.shift());
  expect([0, 1000, 2000, 3000].map((atMs) => meter.share(atMs))).toEqual([null, 0.5, 0.25, 0]);
});

test("of the kernel of this machine", () => {
  const meter = new StealMeter(60_000);
  meter.share(0);
  const until = performance.now() + 50;
  while (performance.now() < until);
  const share = meter.share(50);
  expect(share).toBeGreaterThanOrEqual(0);
  expect(share).toBeLessThanOrEqual(1);
});
