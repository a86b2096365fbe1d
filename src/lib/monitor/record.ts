import type { Decision } from "../protocol/decisions.ts";
import type { Sample } from "../protocol/events.ts";
import type { MachineFigures } from "./figures.ts";
import type { Link, MonitorView } from "./state.ts";

/** One line of `combot monitor --json`. */
export interface MonitorRecord {
  readonly at: string;
  readonly daemon: {
    readonly state: Link["state"];
    readonly since: string;
    /** Why it is down; empty while it is not. */
    readonly detail: string;
  };
  readonly machine: MachineFigures | null;
  readonly requestsPerSecond: number | null;
  readonly hitRate: number | null;
  /** Share of one core by process id. */
  readonly processCpu: Readonly<Record<string, number | null>>;
  /** As the daemon's stream of events has it; null while it is down. */
  readonly sample: Sample | null;
  /** Those that became known since the line before. */
  readonly decisions: readonly Decision[];
}

/** @param after of the last decision that was told. */
export function recordOf(view: MonitorView, clock: Date, after: string): MonitorRecord {
  const { nowMs, link, machine, derived, sample, decisions } = view;
  return {
    at: clock.toISOString(),
    daemon: {
      state: link.state,
      since: new Date(clock.getTime() - (nowMs - link.sinceMs)).toISOString(),
      detail: link.detail,
    },
    machine,
    requestsPerSecond: derived.requestsPerSecond,
    hitRate: derived.hitRate,
    processCpu: Object.fromEntries(derived.processCpu),
    sample,
    decisions: decisions.filter(({ id }) => id > after),
  };
}
