import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { waitTelling } from "../../../src/lib/cli/patience.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What is written while work of `ms` is waited for. */
async function written(ms: number, isTTY: boolean): Promise<string> {
  const told: string[] = [];
  const work = new Promise<string>((resolve) => setTimeout(() => resolve("done"), ms));
  const waited = waitTelling("Switching", work, { isTTY, write: (text: string) => told.push(text) > 0 });
  await vi.advanceTimersByTimeAsync(ms);
  expect(await waited).toBe("done");
  expect(vi.getTimerCount()).toBe(0);
  return told.join("");
}

describe("what is waited for", () => {
  test.each([true, false])("is not told of where it is over in a second (terminal: %s)", async (isTTY) => {
    expect(await written(990, isTTY)).toBe("");
  });

  test("is told once where the output is kept", async () => {
    expect(await written(3500, false)).toBe("Switching …\n");
  });

  test("counts the seconds on a terminal, and leaves nothing behind", async () => {
    const clear = "\r\u001B[K";
    expect(await written(2500, true)).toBe(`${clear}Switching … 1s${clear}Switching … 2s${clear}`);
  });

  test("hands on what the work throws", async () => {
    const failed = waitTelling("Switching", Promise.reject(new Error("no")), { write: () => true });
    await expect(failed).rejects.toThrow("no");
    expect(vi.getTimerCount()).toBe(0);
  });
});
