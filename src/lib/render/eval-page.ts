import { Eta } from "eta";
import { harmless, jsonText } from "../harmless.ts";
import type { EvalReport, Evaluated } from "../protocol/model-eval.ts";
import { formatBytes } from "../units.ts";
import { between, share } from "./model-eval.ts";
import { shortMs } from "./words.ts";

/** What the page is made of. */
export interface EvalAssets {
  readonly template: string;
  readonly style: string;
}

/** Of a plot, in its own units; the page scales it. */
const SIZE = 240;

/** One page that needs no network and no script, with all figures of the report and the report itself. */
export function renderEvalPage(report: EvalReport, assets: EvalAssets): string {
  return new Eta({ autoTrim: false, escapeFunction: (value) => escaped(String(value)) }).renderString(assets.template, {
    report,
    assets,
    size: SIZE,
    reliability: reliabilityOf(report.evaluated),
    coverage: coverageLine(report.evaluated),
    json: jsonText(report).replaceAll("<", String.raw`\u003c`),
    share,
    between,
    bytes: formatBytes,
    ms: shortMs,
  });
}

interface Dot {
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
  /** By how many texts it stands for. */
  readonly radius: number;
}

/** The mean score of a bin to the right, how many of it are right upwards. */
function reliabilityOf({ calibration: { bins }, texts }: Evaluated): Dot[] {
  return bins.flatMap(({ meanScore, accuracy, interval, texts: count }) => {
    if (meanScore === null || accuracy === null || !interval) return [];
    const radius = 3 + 9 * Math.sqrt(count / texts);
    return [{ x: across(meanScore), y: up(accuracy), low: up(interval[0]), high: up(interval[1]), radius }];
  });
}

/** Answered to the right, right of those upwards, from the accuracy of all to 1. */
function coverageLine({ coverage, accuracy }: Evaluated): string {
  const least = Math.min(accuracy, ...coverage.map((point) => point.accuracy ?? 1));
  const room = Math.max(1 - least, 1e-9);
  return coverage
    .flatMap((point) =>
      point.accuracy === null ? [] : [`${across(point.answered)},${up((point.accuracy - least) / room)}`],
    )
    .join(" ");
}

function across(value: number): number {
  return Math.round(value * SIZE * 10) / 10;
}

function up(value: number): number {
  return Math.round((1 - value) * SIZE * 10) / 10;
}

function escaped(text: string): string {
  return harmless(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
