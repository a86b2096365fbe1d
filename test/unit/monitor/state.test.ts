import { describe, expect, test } from "vitest";
import type { MachineFigures } from "../../../src/lib/monitor/figures.ts";
import { MonitorState } from "../../../src/lib/monitor/state.ts";
import type { Sample } from "../../../src/lib/protocol/events.ts";
import { ALERTS_REPLY, DECISION, SAMPLE } from "../../support/sample-replies.ts";
import { MACHINE } from "./support.ts";
import { hangLimitMs } from "../../../src/lib/slowness.ts";

const NO_CPU = new Map();

function at(second: number, over: Partial<Sample> = {}): Sample {
  return { ...SAMPLE, at: new Date(second * 1000).toISOString(), ...over };
}

function tick(state: MonitorState, nowMs: number, figures: MachineFigures = MACHINE): void {
  state.takeMachine(figures, NO_CPU, nowMs);
}

describe("the link", () => {
  test("is up with the first sample, and down from the first failure on, with the last reason", () => {
    const state = new MonitorState(0);
    expect(state.view(10).link).toMatchObject({ state: "connecting", sinceMs: 0 });
    state.takeSample(at(1), 1000);
    expect(state.view(1000).link).toMatchObject({ state: "up", sinceMs: 1000 });
    state.lost("It ended the connection.", 2000);
    state.lost("Nobody listens.", 2500);
    expect(state.view(3000)).toMatchObject({
      link: { state: "down", sinceMs: 2000, detail: "Nobody listens." },
      sample: null,
    });
    state.takeSample(at(4), 4000);
    expect(state.view(4000).link).toMatchObject({ state: "up", sinceMs: 4000 });
    state.lost("You may not open it.", 5000, "denied");
    expect(state.view(6000).link).toMatchObject({ state: "denied", sinceMs: 5000 });
  });

  test("is silent 3.5 s after the last sample (later on a slow machine), since then, and up with the next", () => {
    const state = new MonitorState(0);
    const due = 1000 + hangLimitMs(3500);
    state.takeSample(at(1), 1000);
    tick(state, due);
    expect(state.view(due).link.state).toBe("up");
    tick(state, due + 1);
    expect(state.view(due + 1).link).toMatchObject({ state: "silent", sinceMs: 1000 });
    expect(state.view(due + 1).sample).not.toBeNull();
    state.takeSample(at(5), due + 500);
    expect(state.view(due + 500).link.state).toBe("up");
  });
});

describe("rates", () => {
  const counted = (second: number, requests: number, hits: number, misses: number, coalesced = 0): Sample =>
    at(second, {
      metrics: { ...SAMPLE.metrics, requests },
      cache: {
        ...SAMPLE.cache,
        coalesced,
        memory: { ...SAMPLE.cache.memory, hits, misses },
        redis: { ...SAMPLE.cache.redis, hits: 0 },
      },
    });

  test("come from the daemon's counters and clock, not from when a sample arrived", () => {
    const state = new MonitorState(0);
    state.takeSample(counted(1, 100, 0, 0), 5000);
    expect(state.view(0).derived).toMatchObject({ requestsPerSecond: null, hitRate: null });
    state.takeSample(counted(3, 140, 15, 10, 5), 5001);
    expect(state.view(0).derived).toMatchObject({ requestsPerSecond: 20, hitRate: 0.75 });
  });

  test("are not told across a restart of the daemon", () => {
    const state = new MonitorState(0);
    state.takeSample(counted(1, 100, 0, 0), 1000);
    const other = counted(2, 200, 10, 0);
    const daemon = { ...other.process.daemon, pid: 77 };
    state.takeSample({ ...other, process: { ...other.process, daemon } }, 2000);
    expect(state.view(0).derived.requestsPerSecond).toBeNull();
  });

  test("a hit rate without lookups is none", () => {
    const state = new MonitorState(0);
    for (const second of [1, 2]) state.takeSample(counted(second, 100, 5, 5), second * 1000);
    expect(state.view(0).derived).toMatchObject({ requestsPerSecond: 0, hitRate: null });
  });
});

test("decisions are kept in their order, each once, the last 200", () => {
  const state = new MonitorState(0);
  const ids = Array.from({ length: 250 }, (_, index) => `a-${String(index).padStart(6, "0")}`);
  for (const id of [...ids, ids[3]!]) state.takeDecision({ ...DECISION, id });
  expect(state.view(0).decisions.map(({ id }) => id)).toEqual(ids.slice(-200));
});

test("an alert shows before the next sample tells of it, and goes as it resolves", () => {
  const state = new MonitorState(0);
  const [alert] = ALERTS_REPLY.firing;
  state.takeSample(at(1, { alerts: [] }), 1000);
  state.takeAlert(alert!);
  expect(state.view(0).sample?.alerts).toEqual([alert]);
  state.takeAlert({ ...alert!, state: "resolved" });
  expect(state.view(0).sample?.alerts).toEqual([]);
});

test("without a daemon memory is drawn from the machine's own figures", () => {
  const state = new MonitorState(0);
  tick(state, 1000);
  expect(state.view(1000).trends.strokes("memory", 300).at(-1)).toBe(0.25);
});
