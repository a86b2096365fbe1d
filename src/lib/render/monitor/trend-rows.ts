import type { MonitorView } from "../../monitor/state.ts";
import type { Ring } from "../../monitor/ring.ts";
import { span } from "../line.ts";
import type { Line } from "../line.ts";
import { sparkline } from "../sparkline.ts";
import { shortMs } from "../words.ts";
import { rateOf, shareOf } from "./cells.ts";
import type { RowSpace } from "./cells.ts";

/** What all the strokes of a line stand for. */
const SPAN_SECONDS = 300;
const NAME_WIDTH = 10;
const VALUE_WIDTH = 8;
const GAP = 2;
/** From here on all four stand on one line. */
const FOUR_ABREAST = 160;

interface Trend {
  readonly name: string;
  readonly ring: Ring;
  readonly value: string;
  readonly top?: number;
}

/** The last five minutes of what tells most, drawn; each stroke is the highest figure of its stretch. */
export function trendRows(view: MonitorView, { width, glyphs }: RowSpace): Line[] {
  const { trends: rings, sample, derived, nowMs } = view;
  const trends: readonly Trend[] = [
    { name: "memory", ring: rings.memory, value: shareOf(sample?.memory.usage), top: 1 },
    { name: "requests/s", ring: rings.requests, value: rateOf(derived.requestsPerSecond) },
    { name: "p99", ring: rings.p99, value: `${shortMs(sample?.recentLatencyMs.p99 ?? null)} ms` },
    { name: "hit rate", ring: rings.hitRate, value: shareOf(derived.hitRate), top: 1 },
  ];
  const abreast = width >= FOUR_ABREAST ? 4 : 2;
  const each = Math.floor((width - GAP * (abreast - 1)) / abreast);
  const strokes = Math.max(1, each - NAME_WIDTH - VALUE_WIDTH - 2);
  const step = Math.ceil(SPAN_SECONDS / strokes);
  const drawn = trends.map(({ name, ring, value, top }): Line => [
    span(name.padEnd(NAME_WIDTH + 1), "faint"),
    span(
      sparkline(ring.peaks(strokes, step, nowMs), { width: strokes, glyphs, ...(top === undefined ? {} : { top }) }),
    ),
    span(` ${value.padEnd(VALUE_WIDTH)}`),
  ]);
  const gap = span(" ".repeat(GAP));
  return Array.from({ length: 4 / abreast }, (_, at) =>
    drawn.slice(at * abreast, (at + 1) * abreast).flatMap((line, index) => (index === 0 ? line : [gap, ...line])),
  );
}
