import type { MonitorView } from "../../monitor/state.ts";
import { formatDuration } from "../../units.ts";
import { printable, span, widthOf } from "../line.ts";
import type { Line } from "../line.ts";
import { dayTimeOf, timeOf } from "./cells.ts";
import type { ScreenOptions } from "./options.ts";

const STATUS_TONES = { ok: "good", degraded: "careful", unhealthy: "bad" } as const;

/** Whose screen it is and how that one is; the time, and whether the screen stands still, on the right. */
export function headerLine(view: MonitorView, options: ScreenOptions): Line {
  const { past } = view;
  if (!past) return apart(stateOf(view, options), presentTime(options), options.width);
  const [state, name] = [pastState(view), [span("combot", "strong")]];
  const times = pastTimes(past.atMs, options);
  // Which moment it is is said however narrow the screen.
  const lines = [state, name].flatMap((left) => times.map((right) => apart(left, right, options.width)));
  return lines.find((line) => widthOf(line) <= options.width) ?? [...(times.at(-1) ?? [])];
}

/** One on the left, the other on the right. */
export function apart(left: Line, right: Line, width: number): Line {
  return [...left, span(" ".repeat(Math.max(1, width - widthOf(left) - widthOf(right)))), ...right];
}

function presentTime({ clock, mode, intervalMs }: ScreenOptions): Line {
  const every = intervalMs === undefined ? "" : `every ${formatDuration(intervalMs).replace(".0s", "s")}  `;
  return [...(mode?.isPaused ? [span("PAUSED  ", "careful")] : []), span(`${every}${timeOf(clock)}`, "faint")];
}

/** So that nobody takes it for now; in as many words as there is room for. */
function pastTimes(atMs: number, { clock }: ScreenOptions): readonly Line[] {
  const ago = formatDuration(Math.max(0, clock.getTime() - atMs));
  const time: Line = [span("BACK IN TIME  ", "careful"), span(dayTimeOf(atMs), "strong")];
  return [[...time, span(` (${ago} ago)`, "faint")], time];
}

function pastState({ sample, past }: MonitorView): Line {
  const name = span("combot", "strong");
  if (past?.fault !== undefined) return [name];
  if (!past?.moment) return [name, span(" reads the journal", "faint")];
  if (!sample) return [name, span(past.moment.point ? "" : " did not run", "careful")];
  const { status, version } = sample.health;
  return [name, span(` ${printable(version)} `), span(`was ${status}`, STATUS_TONES[status])];
}

function stateOf({ link, sample, nowMs }: MonitorView, { clock, ownVersion }: ScreenOptions): Line {
  const lasted = nowMs - link.sinceMs;
  const since = `since ${timeOf(new Date(clock.getTime() - lasted))} (${formatDuration(lasted)})`;
  if (link.state === "connecting") return [span("combot", "strong"), span(" is being connected to")];
  if (link.state === "denied") return [span("combot", "strong"), span(" can't be watched", "bad"), span(` ${since}`)];
  if (link.state === "down" || !sample) return [span("combot", "strong"), span(" is down", "bad"), span(` ${since}`)];
  const name = [span("combot", "strong"), span(` ${printable(sample.health.version)} `)];
  if (link.state === "silent") return [...name, span("is silent", "bad"), span(` ${since}`)];
  const { status, uptimeSeconds, version } = sample.health;
  const isOther = ownVersion !== undefined && ownVersion !== version;
  return [
    ...name,
    span(`is ${status}`, STATUS_TONES[status]),
    span(`, up ${formatDuration(uptimeSeconds * 1000)}`),
    ...(isOther ? [span(`, this command is ${ownVersion}`, "careful")] : []),
  ];
}
