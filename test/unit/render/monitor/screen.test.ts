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
import { FIRST_MODE } from "../../../../src/lib/monitor/keys.ts";
import type { Sample } from "../../../../src/lib/protocol/events.ts";
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

function text(lines: readonly Line[]): string {
  return lines.map((line) => paintLine(line, PLAIN).trimEnd()).join("\n");
}

describe("the table", () => {
  test.each([
    [80, 24],
    [120, 40],
    [200, 60],
  ])("at %i × %i", (width, height) => {
    const options = { width, height, glyphs: UNICODE_GLYPHS, clock: CLOCK, mode: FIRST_MODE, intervalMs: 1000 };
    expect(text(renderPage(viewOf(), options))).toMatchSnapshot();
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
      page: fc.constantFrom("table", "decisions", "help" as const),
    });
    fc.assert(
      fc.property(sizes, ({ width, height, workers, alerts, page }) => {
        const process = {
          ...SAMPLE.process,
          workers: Array.from({ length: workers }, (_, slot) => ({ ...WORKER, slot })),
        };
        const sample = { ...SAMPLE, process, alerts: Array.from({ length: alerts }, () => SAMPLE.alerts[0]!) };
        const mode = { ...FIRST_MODE, page };
        const lines = renderPage(viewOf(sample), { width, height, glyphs: UNICODE_GLYPHS, clock: CLOCK, mode });
        expect(lines).toHaveLength(height);
        // The head of a screen of 20 columns has no room for what it must say.
        if (width >= 60) for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width);
      }),
      { numRuns: 40 },
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
