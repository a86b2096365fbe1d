import type { Happening, LifecycleStep, PerfReport } from "../protocol/perf.ts";

/** Something that was done during the run, by this test or by the daemon. */
export interface Happened {
  /** Where it stands in the report: `lifecycle.0`, `happenings.3`. */
  readonly path: string;
  readonly one: Happening | LifecycleStep;
  /** Of the same kind on one row: `recycle`, `level`. */
  readonly lane: string;
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

/** What the daemon tells of a step that this test asked for, a moment later. */
const ECHOES: Readonly<Record<LifecycleStep["step"], readonly string[]>> = {
  cleanup: ["cleanup"],
  recycle: ["recycle"],
  unload: ["unload", "unload all"],
  load: ["load"],
};
/** `by hand`, `manual`, or by whom. */
const BY_HAND = /^(?:by |manual)/;
/** Between the end of a step and the event that tells of it. */
const ECHO_SECONDS = 2;

/** All of it in its order, each thing once: a step of this test comes back as a decision of the daemon's. */
export function happenedIn({ lifecycle, happenings }: Pick<PerfReport, "lifecycle" | "happenings">): Happened[] {
  const steps = (lifecycle ?? []).map((step, index): Happened => {
    const { atSeconds, durationMs } = step;
    const toSeconds = atSeconds + durationMs / 1000;
    return { path: `lifecycle.${index}`, one: step, lane: step.step, fromSeconds: atSeconds, toSeconds };
  });
  const others = happenings.map((one, index): Happened => {
    const { atSeconds: toSeconds, action, durationMs } = one;
    // A decision is told when it has been carried out.
    const fromSeconds = Math.max(0, toSeconds - durationMs / 1000);
    return { path: `happenings.${index}`, one, lane: action, fromSeconds, toSeconds };
  });
  const own = others.filter(({ one }) => !steps.some((step, at) => isEcho(one as Happening, step, steps[at + 1])));
  return [...steps, ...own].toSorted((a, b) => a.fromSeconds - b.fromSeconds);
}

/** Workers are replaced one after another: the slowest one's time says nothing of when the last was told. */
function isEcho({ action, reason, atSeconds }: Happening, step: Happened, next: Happened | undefined): boolean {
  const name = step.lane as LifecycleStep["step"];
  if (!ECHOES[name].includes(action) || !BY_HAND.test(reason)) return false;
  const latest = name === "recycle" ? (next?.fromSeconds ?? Infinity) : step.toSeconds + ECHO_SECONDS;
  return atSeconds >= step.fromSeconds && atSeconds <= latest;
}

const TONES: Readonly<Record<string, string>> = {
  recycle: "careful",
  "put off": "faint",
  level: "bad",
  "worker died": "bad",
};

export interface Lane {
  readonly name: string;
  /** A colour of the page's style. */
  readonly tone: string;
  readonly marks: readonly Happened[];
}

/** A row for each kind, recycles first. */
export function lanesOf(happened: readonly Happened[]): Lane[] {
  const names = [...new Set(happened.map(({ lane }) => lane))].toSorted(
    (a, b) => Number(b === "recycle") - Number(a === "recycle"),
  );
  return names.map((name) => ({
    name,
    tone: TONES[name] ?? "four",
    marks: happened.filter(({ lane }) => lane === name),
  }));
}
