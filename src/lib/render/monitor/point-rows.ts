import type { Past } from "../../monitor/past.ts";
import type { MonitorView } from "../../monitor/state.ts";
import { slowest } from "../../monitor/trends.ts";
import { percent, shortCount, shortMs } from "../words.ts";
import { span } from "../line.ts";
import type { Line } from "../line.ts";
import { bar, rateOf, row, shareOf } from "./cells.ts";
import type { RowSpace } from "./cells.ts";
import { LEVEL_TONES } from "./machine-rows.ts";

const BAR_WIDTH = 30;

/** What the journal has of a minute whose processes it did not keep, or why there is nothing. */
export function pointRows({ moment, fault }: Past, thresholds: MonitorView["thresholds"], space: RowSpace): Line[] {
  if (fault !== undefined) return row("journal", [[span("can't be read: ", "bad"), span(fault)]], wide(space));
  if (!moment) return row("journal", ["being read"], space);
  const { point, oldest } = moment;
  if (!point) {
    const since = oldest === null ? "It has no minute yet." : `The first one that it has is ${oldest.slice(0, 16)}Z.`;
    return row("journal", ["The daemon did not run in this minute.", since], wide(space));
  }
  const { level, usage, throughput, requests, errors, hitRate, users, recycles } = point;
  const marks = Object.values(thresholds ?? {});
  const tone = LEVEL_TONES[level];
  const drawn = usage === null ? [] : bar(usage, BAR_WIDTH, { glyphs: space.glyphs, marks, tone });
  return [
    ...row("memory", [[...drawn, span(usage === null ? "-" : ` ${percent(usage)} `), span(level, tone)]], space),
    ...row(
      "traffic",
      [
        `${rateOf(throughput)} requests/s`,
        `p50 ${shortMs(slowest(point, "p50"))} p99 ${shortMs(slowest(point, "p99"))} ms`,
        `${shortCount(requests)} calls`,
        `${shortCount(errors)} failed`,
        `${shortCount(users)} users`,
        `${shortCount(recycles)} recycles`,
      ],
      space,
    ),
    ...row("cache", [`hit ${shareOf(hitRate)}`], space),
    ...row("processes", ["not kept of this minute"], space),
  ];
}

function wide(space: RowSpace): RowSpace {
  return { ...space, maxLines: Math.max(3, space.maxLines) };
}
