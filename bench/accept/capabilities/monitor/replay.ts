import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Painter } from "../../../../src/lib/cli/painter.ts";
import { FIRST_MODE } from "../../../../src/lib/monitor/mode.ts";
import { MonitorState } from "../../../../src/lib/monitor/state.ts";
import type { Sample } from "../../../../src/lib/protocol/events.ts";
import { UNICODE_GLYPHS } from "../../../../src/lib/render/glyphs.ts";
import { fitLine, paintLine } from "../../../../src/lib/render/line.ts";
import { renderPage } from "../../../../src/lib/render/monitor/pages.ts";
import { PLAIN } from "../../../../src/lib/render/paint.ts";
import { KIB } from "../../../../src/lib/units.ts";
import { DECISION, SAMPLE } from "../../../../test/support/sample-replies.ts";
import { MACHINE } from "../../../../test/unit/monitor/support.ts";
import type { Line, Part } from "../../record.ts";
import { round } from "../../statistics.ts";

const HOUR = 3600;
const HOURS = 12;
const GROWTH_KIB = 256;

/** Twelve hours of samples, each drawn as the live screen draws it, as fast as they go through. */
export const replay: Part = {
  name: "replay",
  async *run(say): AsyncGenerator<Line> {
    setFlagsFromString("--expose-gc");
    const collectGarbage = runInNewContext("gc") as () => void;
    const heap = (): number => {
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const state = new MonitorState(0);
    const painter = new Painter();
    let writtenBytes = 0;
    let afterFirst = 0;
    for (let hour = 0; hour < HOURS; hour++) {
      say(`hour ${hour + 1}`);
      for (let second = hour * HOUR; second < (hour + 1) * HOUR; second++) writtenBytes += show(state, painter, second);
      if (hour === 0) afterFirst = heap();
    }
    const grown = round((heap() - afterFirst) / KIB, 1);
    yield { what: "samples drawn", measured: HOURS * HOUR, target: "12 hours of one a second", pass: true };
    yield {
      what: "bytes written to the terminal for each",
      measured: round(writtenBytes / (HOURS * HOUR), 0),
      target: "less than a whole screen of 4800",
      pass: writtenBytes / (HOURS * HOUR) < 4800,
    };
    yield {
      what: "heap after 12 hours less heap after 1, in KiB",
      measured: grown,
      target: `at most ${GROWTH_KIB}`,
      pass: grown <= GROWTH_KIB,
    };
    const { decisions } = state.view(0);
    yield {
      what: "decisions kept of one every 10 s",
      measured: decisions.length,
      target: "200",
      pass: decisions.length === 200,
    };
  },
};

function show(state: MonitorState, painter: Painter, second: number): number {
  const nowMs = second * 1000;
  // Through JSON, as it comes: no two samples share a part.
  const sample = JSON.parse(JSON.stringify(sampleAt(second))) as Sample;
  state.takeSample(sample, nowMs);
  if (second % 10 === 0) state.takeDecision({ ...DECISION, id: String(second).padStart(9, "0") });
  state.takeMachine(MACHINE, new Map([[sample.process.daemon.pid, (second % 7) / 100]]), nowMs);
  const clock = new Date(Date.parse(SAMPLE.at) + nowMs);
  const options = { width: 120, height: 40, glyphs: UNICODE_GLYPHS, clock, mode: FIRST_MODE, intervalMs: 1000 };
  const lines = renderPage(state.view(nowMs), options);
  return Buffer.byteLength(painter.paint(lines.map((line) => paintLine(fitLine(line, 120), PLAIN))));
}

function sampleAt(second: number): Sample {
  const wave = (1 + Math.sin(second / 97)) / 2;
  const { metrics, cache, memory } = SAMPLE;
  return {
    ...SAMPLE,
    at: new Date(Date.parse(SAMPLE.at) + second * 1000).toISOString(),
    memory: { ...memory, usage: 0.5 + wave / 3 },
    metrics: { ...metrics, requests: metrics.requests + second * 12 },
    recentLatencyMs: { p50: 1, p90: 5, p99: 10 + wave * 50 },
    cache: {
      ...cache,
      memory: { ...cache.memory, hits: cache.memory.hits + second * 9, misses: cache.memory.misses + second * 3 },
    },
  };
}
