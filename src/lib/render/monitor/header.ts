import type { MonitorView } from "../../monitor/state.ts";
import { formatDuration } from "../../units.ts";
import { printable, span, widthOf } from "../line.ts";
import type { Line } from "../line.ts";
import { timeOf } from "./cells.ts";
import type { ScreenOptions } from "./screen.ts";

const STATUS_TONES = { ok: "good", degraded: "careful", unhealthy: "bad" } as const;

/** Whose screen it is and how that one is; the time, and whether the screen stands still, on the right. */
export function headerLine(view: MonitorView, options: ScreenOptions): Line {
  const { width, clock, isPaused = false, intervalMs } = options;
  const every = intervalMs === undefined ? "" : `every ${formatDuration(intervalMs).replace(".0s", "s")}  `;
  const right: Line = [...(isPaused ? [span("PAUSED  ", "careful")] : []), span(`${every}${timeOf(clock)}`, "faint")];
  const left = stateOf(view, options);
  return [...left, span(" ".repeat(Math.max(1, width - widthOf(left) - widthOf(right)))), ...right];
}

function stateOf({ link, sample, nowMs }: MonitorView, { clock }: ScreenOptions): Line {
  const lasted = nowMs - link.sinceMs;
  const since = `since ${timeOf(new Date(clock.getTime() - lasted))} (${formatDuration(lasted)})`;
  if (link.state === "connecting") return [span("combot", "strong"), span(" is being connected to")];
  if (link.state === "denied") return [span("combot", "strong"), span(" can't be watched", "bad"), span(` ${since}`)];
  if (link.state === "down" || !sample) return [span("combot", "strong"), span(" is down", "bad"), span(` ${since}`)];
  const name = [span("combot", "strong"), span(` ${printable(sample.health.version)} `)];
  if (link.state === "silent") return [...name, span("is silent", "bad"), span(` ${since}`)];
  const { status, uptimeSeconds } = sample.health;
  return [...name, span(`is ${status}`, STATUS_TONES[status]), span(`, up ${formatDuration(uptimeSeconds * 1000)}`)];
}
