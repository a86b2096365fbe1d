import type { Mode, Pressed, Surroundings } from "./mode.ts";
import { SPANS } from "./past-window.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const MOVES: Readonly<Record<string, number>> = {
  "\u001B[D": -MINUTE_MS,
  "\u001BOD": -MINUTE_MS,
  "\u001B[C": MINUTE_MS,
  "\u001BOC": MINUTE_MS,
  "<": -HOUR_MS,
  ">": HOUR_MS,
  "\u001B[5~": -DAY_MS,
  "\u001B[6~": DAY_MS,
};
const HOME = ["\u001B[H", "\u001BOH", "\u001B[1~"];
const END = ["\u001B[F", "\u001BOF", "\u001B[4~"];

/** What a key does while the past is shown; undefined where it does what it always does. */
export function pressInPast(mode: Mode, pastMs: number, key: string, around: Surroundings): Pressed | undefined {
  const move = MOVES[key];
  if (move !== undefined) return { mode: { ...mode, pastMs: within(pastMs + move, around) } };
  if (HOME.includes(key)) return { mode: { ...mode, pastMs: within(around.oldestMs ?? pastMs, around) } };
  if (END.includes(key)) return { mode: { ...mode, pastMs: within(Infinity, around) } };
  if (key === "h") return { mode: { ...mode, pastMs: null } };
  if (key === "n") return { mode, effect: "next decision" };
  if (key === "N") return { mode, effect: "previous decision" };
  if (key === "g") return { mode: { ...mode, typing: { what: "time", text: "" } } };
  if (key === "+" || key === "-") return { mode: { ...mode, spanMs: nextSpan(mode.spanMs, key === "+" ? -1 : 1) } };
  return undefined;
}

/** Minutes that are over, and that can be kept still. */
export function within(ms: number, { nowMs, oldestMs }: Pick<Surroundings, "nowMs" | "oldestMs">): number {
  const newest = Math.floor(nowMs / MINUTE_MS - 1) * MINUTE_MS;
  return Math.min(newest, Math.max(oldestMs ?? -Infinity, ms));
}

function nextSpan(spanMs: number, step: number): number {
  const at = SPANS.findIndex((span) => span.spanMs === spanMs);
  return SPANS[Math.min(SPANS.length - 1, Math.max(0, at + step))]?.spanMs ?? spanMs;
}
