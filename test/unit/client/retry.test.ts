import { describe, expect, test } from "vitest";
import { isAbsent, isCutOff, retrying } from "../../../src/lib/client/retry.ts";

function failing(times: number, code: string): { attempts: number; attempt: () => Promise<string> } {
  const state = {
    attempts: 0,
    attempt: async () => {
      state.attempts += 1;
      if (state.attempts <= times) throw Object.assign(new Error(code), { code });
      return "done";
    },
  };
  return state;
}

describe("retrying", () => {
  test("tries again until it works", async () => {
    const { attempt } = failing(2, "ECONNREFUSED");
    expect(await retrying(attempt, { forMs: 1000, isWorthIt: isAbsent })).toBe("done");
  });

  test.each([
    ["no time is left", "ENOENT", 0],
    ["the failure is another", "EACCES", 1000],
  ])("throws at once where %s", async (_, code, forMs) => {
    const state = failing(9, code);
    await expect(retrying(state.attempt, { forMs, isWorthIt: isAbsent })).rejects.toMatchObject({ code });
    expect(state.attempts).toBe(1);
  });

  test("ends its wait when it is told to", async () => {
    const { attempt } = failing(Infinity, "ENOENT");
    const stop = AbortSignal.abort(new Error("stopped"));
    await expect(retrying(attempt, { forMs: 60_000, isWorthIt: isAbsent, signal: stop })).rejects.toMatchObject({
      name: "AbortError",
    });
  });

  test("tells a daemon that is not there from one that hung up", () => {
    const thrown = (code: string) => Object.assign(new Error(code), { code });
    expect([isAbsent(thrown("ECONNREFUSED")), isAbsent(thrown("ECONNRESET"))]).toEqual([true, false]);
    expect([isCutOff(thrown("ECONNREFUSED")), isCutOff(thrown("ECONNRESET"))]).toEqual([false, true]);
  });
});
