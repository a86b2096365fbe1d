import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MonitorState } from "../../../../src/lib/monitor/state.ts";
import type { MonitorView } from "../../../../src/lib/monitor/state.ts";
import { ASCII_GLYPHS, UNICODE_GLYPHS } from "../../../../src/lib/render/glyphs.ts";
import type { Line } from "../../../../src/lib/render/line.ts";
import { paintLine, widthOf } from "../../../../src/lib/render/line.ts";
import { renderPage } from "../../../../src/lib/render/monitor/pages.ts";
import { plainHead, plainLine } from "../../../../src/lib/render/monitor/plain.ts";
import { renderScreen } from "../../../../src/lib/render/monitor/screen.ts";
import { PLAIN } from "../../../../src/lib/render/paint.ts";
import { FIRST_MODE } from "../../../../src/lib/monitor/mode.ts";
import { SORTS } from "../../../../src/lib/monitor/entries.ts";
import { readLogLine } from "../../../../src/lib/monitor/log-line.ts";
import type { Past } from "../../../../src/lib/monitor/past.ts";
import { viewOfPast } from "../../../../src/lib/monitor/past-view.ts";
import { windowFor } from "../../../../src/lib/monitor/past-window.ts";
import type { HistoryPoint } from "../../../../src/lib/protocol/history.ts";
import type { Sample } from "../../../../src/lib/protocol/events.ts";
import { SAMPLED_MODELS } from "../../../support/sample-models.ts";
import { DECISION, METRICS, SAMPLE, WORKER } from "../../../support/sample-replies.ts";
import { MACHINE } from "../../monitor/support.ts";

const CLOCK = new Date("2026-01-02T03:04:10.000Z");

function viewOf(sample: Sample | null = SAMPLE): MonitorView {
  const state = new MonitorState(0);
  const pids = SAMPLE.process.workers.map(({ pid }) => [pid ?? 0, 0.07] as const);
  for (const slot of [0, 1, 2]) state.takeDecision({ ...DECISION, id: `${DECISION.id}${slot}`, slot });
  if (sample === null) state.lost("There is no control socket /run/combot/control.sock.", 58_000);
  for (let second = 1; sample && second <= 100; second++) {
    const at = new Date(second * 1000).toISOString();
    const metrics = { ...METRICS, requests: 10 * second ** 2 };
    state.takeSample({ ...sample, at, metrics, recentLatencyMs: { p50: 1, p90: 5, p99: second } }, second * 1000);
  }
  state.takeMachine(MACHINE, new Map([[1201, 0.03], ...pids]), 100_000);
  return state.view(100_000);
}

const PAST_MS = Date.parse("2026-01-01T14:30:00.000Z");

function pointAt(minutes: number, more: Partial<HistoryPoint> = {}): HistoryPoint {
  const none = { p50: null, p90: null, p99: null };
  return {
    at: new Date(PAST_MS + minutes * 60_000).toISOString(),
    requests: 600,
    texts: 640,
    errors: 2,
    throughput: 10,
    hitRate: 0.61,
    level: "normal",
    usage: 0.64,
    latencyMs: { memory: { p50: 0.1, p90: 0.2, p99: 0.4 }, redis: none, computed: { p50: 4, p90: 9, p99: 31 } },
    users: 31,
    recycles: 1,
    ...more,
  };
}

function pastOf(sample: Sample, what: "whole" | "figures" | "nothing" | "unread"): Past {
  const window = windowFor(PAST_MS, FIRST_MODE.spanMs, CLOCK.getTime(), undefined);
  const points = Array.from({ length: 90 }, (_, index) => pointAt(2 * index - 120, { usage: 0.5 + index / 300 }));
  const moment = {
    at: new Date(PAST_MS).toISOString(),
    point: what === "nothing" ? null : pointAt(0, { level: "emergency", usage: 0.97 }),
    sample: what === "whole" ? sample : null,
    oldest: "2025-12-03T00:00:00.000Z",
  };
  const decisions = [
    { ...DECISION, at: new Date(PAST_MS - 3_600_000).toISOString() },
    { ...DECISION, at: new Date(PAST_MS + 1000).toISOString(), action: "unload all", reason: "emergency" },
  ] as const;
  return { atMs: PAST_MS, window, points, decisions, moment: what === "unread" ? undefined : moment, fault: undefined };
}

function text(lines: readonly Line[]): string {
  return lines.map((line) => paintLine(line, PLAIN).trimEnd()).join("\n");
}

describe("the table", () => {
  test.each([
    [60, 20],
    [80, 24],
    [100, 30],
    [120, 40],
    [200, 60],
  ])("at %i × %i", (width, height) => {
    const options = { width, height, glyphs: UNICODE_GLYPHS, clock: CLOCK, mode: FIRST_MODE, intervalMs: 1000 };
    expect(text(renderPage(viewOf(), options))).toMatchSnapshot();
  });

  test.each([
    [60, 20],
    [80, 24],
    [100, 30],
  ])("of several models, one of them selected, at %i × %i", (width, height) => {
    const mode = { ...FIRST_MODE, selected: "named mood" };
    const options = { width, height, glyphs: UNICODE_GLYPHS, clock: CLOCK, mode };
    const drawn = text(renderPage(viewOf({ ...SAMPLE, models: SAMPLED_MODELS }), options));
    expect(drawn).toMatchSnapshot();
    expect(drawn).toMatch(/^▸ mood .* ready/m);
  });

  test.each([
    [60, 20],
    [120, 40],
  ])("of a minute of the past, at %i × %i", (width, height) => {
    const mode = { ...FIRST_MODE, pastMs: PAST_MS };
    const view = viewOfPast(viewOf(), pastOf(SAMPLE, "whole"));
    expect(text(renderPage(view, { width, height, glyphs: UNICODE_GLYPHS, clock: CLOCK, mode }))).toMatchSnapshot();
  });

  test.each(["figures", "nothing", "unread"] as const)("of a minute of which the journal has %s", (what) => {
    const mode = { ...FIRST_MODE, pastMs: PAST_MS };
    const options = { width: 80, height: 24, glyphs: ASCII_GLYPHS, clock: CLOCK, mode };
    const drawn = text(renderPage(viewOfPast(viewOf(), pastOf(SAMPLE, what)), options));
    expect(drawn).toMatch(/^[\n -~]*$/);
    expect(drawn).toMatchSnapshot();
  });

  test("of many models on a small screen the selected one is there", () => {
    const models = Array.from({ length: 64 }, (_, at) => ({ ...SAMPLED_MODELS[3]!, name: `model-${at}` }));
    for (const at of [0, 1, 31, 63]) {
      const mode = { ...FIRST_MODE, selected: `named model-${at}` };
      const options = { width: 60, height: 20, glyphs: ASCII_GLYPHS, clock: CLOCK, mode };
      const drawn = text(renderPage(viewOf({ ...SAMPLE, models }), options));
      expect(drawn).toMatch(new RegExp(`^MODEL[^]*^> model-${at} [^]*^ +\\d+ more$`, "m"));
    }
  });

  test("all about one of several models", () => {
    const mode = { ...FIRST_MODE, page: "detail" as const, selected: "named mood" };
    const workers = [...SAMPLE.process.workers, { ...WORKER, slot: 0, pid: 77, model: "mood" }];
    const sample = { ...SAMPLE, models: SAMPLED_MODELS, process: { ...SAMPLE.process, workers } };
    const drawn = text(
      renderPage(viewOf(sample), { width: 100, height: 30, glyphs: UNICODE_GLYPHS, clock: CLOCK, mode }),
    );
    expect(drawn).toMatchSnapshot();
    expect(drawn).toMatch(/^mood 0 +77 /m);
    expect(drawn).not.toMatch(/^worker /m);
  });

  test.each(["daemon", `model ${SAMPLE.memory.model.digest}`, "worker 0 4 4194301"])("all about %s", (selected) => {
    const mode = { ...FIRST_MODE, page: "detail" as const, selected };
    const life = {
      points: [10, 20, 40, 80, 120].map((mib) => ({ at: CLOCK.toISOString(), pssBytes: mib * 1_048_576 })),
    };
    const options = { width: 100, height: 36, glyphs: UNICODE_GLYPHS, clock: CLOCK, mode, life };
    expect(text(renderPage(viewOf(), options))).toMatchSnapshot();
  });

  test("sorted and filtered, what is selected marked by more than its colour", () => {
    const workers = [300, 100, 200].map((mib, slot) => ({
      ...WORKER,
      slot,
      pid: 100 + slot,
      pssBytes: mib * 1_048_576,
    }));
    const sample = { ...SAMPLE, process: { ...SAMPLE.process, workers } };
    const mode = { ...FIRST_MODE, sort: "memory" as const, filter: "worker", selected: "worker 2 4 102" };
    const drawn = text(
      renderPage(viewOf(sample), { width: 100, height: 30, glyphs: ASCII_GLYPHS, clock: CLOCK, mode }),
    );
    const rows = drawn.split("\n").filter((line) => /^[ >] worker|PSSv/.test(line));
    expect(rows.map((line) => line.slice(0, 14))).toEqual([
      expect.stringMatching(/^PROCESS/),
      "  worker 0 100",
      "> worker 2 102",
      "  worker 1 101",
    ]);
    expect(drawn).toContain("filter: worker (esc clears)");
  });

  test("in ASCII alone", () => {
    const drawn = text(renderScreen(viewOf(), { width: 80, glyphs: ASCII_GLYPHS, clock: CLOCK }));
    expect(drawn).toMatch(/^[\n -~]*$/);
  });

  test("while the daemon is down: the machine, since when, and why", () => {
    expect(text(renderScreen(viewOf(null), { width: 80, glyphs: ASCII_GLYPHS, clock: CLOCK }))).toMatchSnapshot();
  });

  test("fills its screen and no more, whatever the size and however many workers and alerts", () => {
    const sizes = fc.record({
      width: fc.integer({ min: 20, max: 250 }),
      height: fc.integer({ min: 3, max: 80 }),
      workers: fc.integer({ min: 0, max: 40 }),
      alerts: fc.integer({ min: 0, max: 11 }),
      page: fc.constantFrom("table", "decisions", "help", "detail" as const),
      models: fc.integer({ min: 0, max: 64 }),
      selected: fc.constantFrom(
        null,
        "named mood",
        "daemon",
        `model ${SAMPLE.memory.model.digest}`,
        "worker 0 4 4194301",
      ),
      showsLog: fc.boolean(),
      past: fc.constantFrom(undefined, "whole", "figures", "nothing", "unread" as const),
      filter: fc.constantFrom("", "worker", "nowhere"),
      sort: fc.constantFrom(...SORTS),
    });
    fc.assert(
      fc.property(sizes, ({ width, height, workers, alerts, past, models: count, ...chosen }) => {
        const process = {
          ...SAMPLE.process,
          workers: Array.from({ length: workers }, (_, slot) => ({ ...WORKER, slot })),
        };
        const models = Array.from({ length: count }, (_, at) => SAMPLED_MODELS[at % SAMPLED_MODELS.length]!);
        const several = count > 0 && { models };
        const sample = {
          ...SAMPLE,
          ...several,
          process,
          alerts: Array.from({ length: alerts }, () => SAMPLE.alerts[0]!),
        };
        const mode = { ...FIRST_MODE, ...chosen, pastMs: past ? PAST_MS : null };
        const view = past ? viewOfPast(viewOf(sample), pastOf(sample, past)) : viewOf(sample);
        const log = { lines: [readLogLine('{"level":40,"time":1767323050000,"msg":"worker died","slot":0}')] };
        const lines = renderPage(view, { width, height, glyphs: UNICODE_GLYPHS, clock: CLOCK, mode, log });
        expect(lines).toHaveLength(height);
        // The head of a screen of 20 columns has no room for what it must say.
        if (width >= 60) for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
      }),
      { numRuns: 200 },
    );
  });
});

test("what came from outside can't write to the terminal", () => {
  const model = { ...SAMPLE.memory.model, name: "evil\u001B]0;title\u0007 name" };
  const drawn = text(
    renderScreen(viewOf({ ...SAMPLE, memory: { ...SAMPLE.memory, model } }), {
      width: 80,
      glyphs: ASCII_GLYPHS,
      clock: CLOCK,
    }),
  );
  expect(drawn).not.toContain("\u001B");
  expect(drawn).toContain("evil?]0;title? name");
});

test("plain lines have every figure under its head, within 79 columns", () => {
  const lines = [plainHead(), plainLine(viewOf(), CLOCK), plainLine(viewOf(null), CLOCK)];
  expect(lines[1]?.length).toBeLessThan(80);
  expect(lines.join("\n")).toMatchInlineSnapshot(`
    "TIME      STATE      MEM LEVEL      CPU STEAL REQ/S P99MS  HIT WAIT READY ALERT
    03:04:10Z ok         61% normal     23%  0.2%  1950   100    -    3   1/2     1
    03:04:10Z down       25% -          23%  0.2%  There is no control socket /run/combot/control.sock."
  `);
});
