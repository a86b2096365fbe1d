import { describe, expect, test } from "vitest";
import type { Happening, LifecycleStep } from "../../../src/lib/protocol/perf.ts";
import { happenedIn, lanesOf } from "../../../src/lib/render/perf-happened.ts";

const LIFECYCLE: LifecycleStep[] = [
  { step: "cleanup", atSeconds: 6, durationMs: 60, error: null },
  { step: "recycle", atSeconds: 12, durationMs: 200, error: null },
  { step: "unload", atSeconds: 18, durationMs: 30, error: null },
  { step: "load", atSeconds: 18.04, durationMs: 250, error: null },
];

function decision(atSeconds: number, action: string, reason: string, durationMs = 0): Happening {
  return { atSeconds, action, reason, durationMs, slot: null };
}

function told(happenings: Happening[], lifecycle: LifecycleStep[] | null = LIFECYCLE): string[] {
  return happenedIn({ lifecycle, happenings }).map(({ path, lane }) => `${path} ${lane}`);
}

const STEPS = ["lifecycle.0 cleanup", "lifecycle.1 recycle", "lifecycle.2 unload", "lifecycle.3 load"];

describe("what this test asked for is told once, though the daemon tells of it too", () => {
  test.each([
    ["the cleanup", decision(6.07, "cleanup", "by hand", 61)],
    ["each worker of the recycling", decision(13.5, "recycle", "manual", 200)],
    ["the unload, by whom", decision(18.03, "unload", "by uid 0", 30)],
    ["the load", decision(18.3, "load", "by hand", 250)],
  ])("%s", (_, echo) => expect(told([echo])).toEqual(STEPS));
});

describe("what is not an echo stays", () => {
  test.each([
    ["a recycle of the daemon's own", decision(12.1, "recycle", "users", 90), 2],
    ["a cleanup long after", decision(11, "cleanup", "by hand", 61), 1],
    ["one before", decision(5, "cleanup", "by hand", 61), 0],
  ])("%s", (_, one, place) => {
    expect(told([one])).toEqual([...STEPS.slice(0, place), `happenings.0 ${one.action}`, ...STEPS.slice(place)]);
  });

  test("nor is there an echo without a life cycle", () => {
    expect(told([decision(6.07, "cleanup", "by hand", 61)], null)).toEqual(["happenings.0 cleanup"]);
  });
});

test("a decision is told at its end, and stands from its beginning", () => {
  const [recycle] = happenedIn({ lifecycle: null, happenings: [decision(4, "recycle", "users", 500)] });
  expect(recycle).toMatchObject({ fromSeconds: 3.5, toSeconds: 4 });
});

test("a lane for each kind, recycles first", () => {
  const happenings = [decision(1, "level", "warning"), decision(2, "recycle", "users"), decision(3, "level", "normal")];
  const lanes = lanesOf(happenedIn({ lifecycle: null, happenings }));
  expect(lanes.map(({ name, marks }) => [name, marks.length])).toEqual([
    ["recycle", 1],
    ["level", 2],
  ]);
});
