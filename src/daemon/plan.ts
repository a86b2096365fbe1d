import { takeWhatOthersLeave } from "../lib/own-priority.ts";
import type {
  MeasuredModel,
  PlanMachine,
  PlanOutcome,
  PlanReport,
  PlanRequest,
  PlanTraffic,
  PlanVariant,
  PlanVariantReport,
} from "../lib/protocol/plan.ts";
import { bundledTexts, textsOf } from "../lib/perf/texts.ts";
import { formatBytes } from "../lib/units.ts";
import { measureModel } from "./alone/measure-model.ts";
import { capacityOf, missedBy, simulate } from "./simulation/capacity.ts";
import { threadsOf } from "./simulation/service-times.ts";

export interface PlanOptions {
  /** Told what comes next, in words, and in which step that is. */
  readonly onStage: (stage: string, step: string) => void;
  readonly signal: AbortSignal;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const MINUTES_AN_HOUR = 60;
/** From here on a measurement says more of the others. */
const BUSY = 0.1;
/** Caches and workers are as they are in the middle of a day. */
const WARM_UP_MS = 10 * MINUTE_MS;

/**
 * Measures a model here, and simulates what machines with these settings do with a day of requests.
 *
 * @throws {CombotError} `MODEL_INVALID`.
 */
export async function planMachines(request: PlanRequest, { onStage, signal }: PlanOptions): Promise<PlanReport> {
  const { dir, textsFile, variants, traffic, targets, seed, hours, perUserPerSecond } = request;
  const { texts } = textsFile === null ? bundledTexts() : textsOf(textsFile);
  const threads = [...new Set(variants.map(({ machine, policy }) => threadsOf(machine.cores, policy.workers)))];
  const model = await measureModel({ dir, texts, threads, onStage, signal });
  // What is measured is as fast as it is where it serves; what is calculated hinders nobody.
  takeWhatOthersLeave();
  const asked = { model, texts, seed };
  const [first] = variants;
  if (!first) throw new Error("a plan without a machine");
  const times = { warmUpMs: WARM_UP_MS, untilMs: WARM_UP_MS + hours * HOUR_MS, spanMs: HOUR_MS };
  const day = await simulate(first, delayed(traffic), asked, times, (share) =>
    onStage(`simulating ${hours} hours: ${Math.round(share * 100)}%`, "day"),
  );
  const reports: PlanVariantReport[] = [];
  for (const variant of variants) {
    onStage(`simulating the busiest hour of ${variant.name}`, variant.name);
    const hourTimes = { ...times, untilMs: WARM_UP_MS + HOUR_MS };
    const hour = await simulate(variant, { ...traffic, minutes: busiestHour(traffic) }, asked, hourTimes);
    const onTry = (users: number): void => onStage(`how many users ${variant.name} holds: ${users}?`, variant.name);
    const from = Math.max(1, Math.round(traffic.users / 4));
    const capacity = await capacityOf(variant, { ...asked, traffic, perUserPerSecond, targets, from, onTry });
    reports.push({ ...variant, hour, capacity });
  }
  const failures = failuresOf(first, day, request);
  return {
    format: 1,
    at: new Date().toISOString(),
    model,
    traffic,
    perUserPerSecond,
    targets,
    seed,
    day,
    variants: reports,
    assumptions: assumptionsOf(first.machine, model, request),
    failures,
    verdict: failures.length === 0 ? "holds" : "fails",
  };
}

/** The day begins when it is warm: what comes before is like its beginning. */
function delayed({ minutes, ...traffic }: PlanTraffic): PlanTraffic {
  const before = Math.round(WARM_UP_MS / MINUTE_MS);
  const warm = Array.from({ length: before }, (_, at) => minutes[at % minutes.length] ?? 0);
  const unwrapped = minutes.length === 1 ? minutes : [...warm, ...minutes];
  return { ...traffic, minutes: unwrapped };
}

/** The sixty minutes in a row that most requests come in. */
export function busiestHour({ minutes }: PlanTraffic): readonly number[] {
  if (minutes.length <= MINUTES_AN_HOUR) return minutes;
  let sum = minutes.slice(0, MINUTES_AN_HOUR).reduce((all, one) => all + one, 0);
  let [most, from] = [sum, 0];
  for (let at = MINUTES_AN_HOUR; at < minutes.length; at++) {
    sum += minutes[at]! - minutes[at - MINUTES_AN_HOUR]!;
    if (sum > most) [most, from] = [sum, at - MINUTES_AN_HOUR + 1];
  }
  return minutes.slice(from, from + MINUTES_AN_HOUR);
}

function failuresOf({ name }: PlanVariant, day: PlanOutcome, { targets }: PlanRequest): string[] {
  const hours = day.spans.flatMap((span) => {
    const missed = missedBy({ ...day, total: span, decisions: {} }, targets);
    return missed === undefined ? [] : [{ at: span.atHours, missed }];
  });
  const [first] = hours;
  if (first) {
    const more = hours.length > 1 ? `, and ${hours.length - 1} more hours` : "";
    const hour = Math.round(first.at - WARM_UP_MS / HOUR_MS) + 1;
    return [`${name} misses the targets in hour ${hour}: ${first.missed}${more}.`];
  }
  const missed = missedBy(day, targets);
  return missed === undefined ? [] : [`${name} misses the targets: ${missed}.`];
}

function assumptionsOf(machine: PlanMachine, model: MeasuredModel, { traffic, targets }: PlanRequest): string[] {
  const { name, speed } = machine;
  const others = `${Math.round(model.othersCpu * 100)}%`;
  const told = [
    model.othersCpu >= BUSY
      ? `Others took ${others} of the processors while the model was measured: its times are those of a busy machine.`
      : `Times are as measured here, where others took ${others} of the processors.`,
    ...(name === "here"
      ? []
      : [`A core of ${name} does ${speed === 1 ? "what" : `${speed} of what`} one does here (--speed).`]),
    `Beside combot ${formatBytes(machine.besideBytes)} of memory and ${machine.besideMs} ms of CPU a request are taken (--beside-memory, --beside-cpu).`,
    `Users ask equally often, ${traffic.unique ? "each time something new" : `out of ${model.tokens.length.toLocaleString("en")} texts by Zipf's law`}.`,
    `Held against: p99 at most ${targets.p99Ms} ms, at most ${targets.failed * 100}% failed.`,
  ];
  if (machine.baseline === null) return told;
  const mode = machine.unlimited ? "unlimited: beyond its credits it goes on, and that is paid for" : "standard";
  return [...told, `${name} begins without CPU credits; their mode is ${mode} (--credits).`];
}
