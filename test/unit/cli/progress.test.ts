import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Progress } from "../../../src/lib/cli/progress.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function start(): { progress: Progress; written: string[] } {
  const written: string[] = [];
  const progress = new Progress({ write: (text: string | Uint8Array) => written.push(String(text)) > 0 }, "lines");
  return { progress, written };
}

test("work that is over within a second shows nothing", () => {
  const { progress, written } = start();
  progress.add(5);
  vi.advanceTimersByTime(900);
  progress.end();
  expect(written).toEqual([]);
});

test("longer work shows its count and rate on one line, and takes it away at the end", () => {
  const { progress, written } = start();
  progress.add(25_000);
  vi.advanceTimersByTime(2000);
  expect(written.at(-1)).toBe("\r\u001B[K25,000 lines, 12,500/s");
  progress.end();
  expect(written.at(-1)).toBe("\r\u001B[K");
  const { length } = written;
  vi.advanceTimersByTime(2000);
  expect(written).toHaveLength(length);
});
