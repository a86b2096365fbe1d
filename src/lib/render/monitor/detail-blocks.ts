import type { Decision } from "../../protocol/decisions.ts";
import type { WorkerStatus } from "../../protocol/process.ts";
import { formatDuration } from "../../units.ts";
import { span } from "../line.ts";
import type { Line } from "../line.ts";
import { percent, shortCount } from "../words.ts";
import { bar, row } from "./cells.ts";
import type { RowSpace } from "./cells.ts";
import { decisionRows } from "./news-rows.ts";

const LABEL_WIDTH = 10;
const LONGEST_BAR = 40;

/** What has been used up of a limit, drawn; `0` is no limit. */
export function ofLimit(
  label: string,
  [value, limit]: readonly [number, number],
  tell: (value: number) => string,
  space: RowSpace,
): Line[] {
  if (limit <= 0) return row(label, [`${tell(value)}, no limit`], space);
  const width = Math.max(4, Math.min(LONGEST_BAR, space.width - LABEL_WIDTH - 26));
  const share = value / limit;
  const drawn = bar(share, width, { glyphs: space.glyphs, ...(share >= 1 && { tone: "careful" as const }) });
  return row(label, [[...drawn, span(` ${tell(value)} of ${tell(limit)}`)]], space);
}

type Batches = NonNullable<WorkerStatus["batches"]>;

/** Of several workers together. */
export function sumBatches(all: readonly (Batches | null)[]): Batches | null {
  const some = all.flatMap((batches) => batches ?? []);
  const counts = some.map(countOf);
  const count = counts.reduce((sum, one) => sum + one, 0);
  if (count === 0) return some[0] ?? null;
  const mean = (of: "meanTokens" | "meanMs"): number =>
    some.reduce((sum, batches, at) => sum + batches[of] * (counts[at] ?? 0), 0) / count;
  const bySize = (some[0]?.bySize ?? []).map((_, at) => some.reduce((sum, one) => sum + (one.bySize[at] ?? 0), 0));
  return { bySize, meanTokens: mean("meanTokens"), meanMs: mean("meanMs") };
}

function countOf({ bySize }: Batches): number {
  return bySize.reduce((sum, one) => sum + one, 0);
}

/** How long batches were: in words, and where there is room a bar for each length. */
export function batchRows(batches: Batches | null, space: RowSpace): Line[] {
  const count = batches ? countOf(batches) : 0;
  if (!batches || count === 0) return row("batches", ["none yet"], space);
  const { bySize, meanTokens, meanMs } = batches;
  const texts = bySize.reduce((sum, one, at) => sum + one * (at + 1), 0);
  const told = row(
    "batches",
    [
      `${shortCount(count)} of ${(texts / count).toFixed(1)} texts`,
      `${meanTokens.toFixed(0)} tokens`,
      `${meanMs.toFixed(1)} ms in the mean`,
    ],
    space,
  );
  if (space.maxLines === 1) return told;
  const width = Math.max(4, Math.min(LONGEST_BAR, space.width - LABEL_WIDTH - 26));
  const lines = bySize.map((one, at): Line => [
    span("".padEnd(LABEL_WIDTH)),
    span(`${at + 1} text${at === 0 ? " " : "s"} `, "faint"),
    ...bar(one / Math.max(...bySize), width, { glyphs: space.glyphs }),
    span(` ${shortCount(one)} (${percent(one / count)})`),
  ]);
  return [...told, ...lines];
}

/** The newest, with how many there are; one line at least. */
export function ownDecisions(decisions: readonly Decision[], lines: number, space: RowSpace): Line[] {
  if (decisions.length === 0) return row("decisions", ["none about it that are known here"], space);
  return decisionRows(decisions, Math.max(1, lines), { ...space, maxLines: 1 });
}

export function seconds(value: number): string {
  return formatDuration(value * 1000);
}
