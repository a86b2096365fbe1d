import type { CheckStatus, Chosen, Health } from "../protocol/health.ts";
import type { Alert, Severity } from "../protocol/alerts.ts";
import type { CacheStats, RedisStatus } from "../protocol/cache.ts";
import type { MemoryReport } from "../protocol/memory.ts";
import type { LatencyClass } from "../protocol/latency-classes.ts";
import type { MetricsReport } from "../protocol/metrics.ts";
import type { Sample } from "../protocol/events.ts";
import type { ProcessStatus } from "../protocol/process.ts";
import { formatBytes, formatDuration } from "../units.ts";
import { harmless } from "../harmless.ts";
import { versionGap } from "../version-gap.ts";
import type { Glyphs } from "./glyphs.ts";
import { paintLine } from "./line.ts";
import type { Line } from "./line.ts";
import type { RowSpace } from "./monitor/cells.ts";
import { memoryRows } from "./monitor/machine-rows.ts";
import { processTable } from "./monitor/process-table.ts";
import { cacheRows, journalRows, modelRows, redisRows } from "./monitor/service-rows.ts";
import type { Paint } from "./paint.ts";
import { NONE, shortCount, shortMs, wrapWords } from "./words.ts";

/** What systemd says of a unit. */
export interface UnitState {
  /** `combot-enhanced.service`, … */
  readonly unit: string;
  /** `active`, `failed`, … */
  readonly active: string;
  /** `running`, `auto-restart`, … */
  readonly sub: string;
}

/** What `combot status` found out; its JSON form is this very object. */
export interface StatusReport {
  readonly health: Health;
  /** Where there are several, as in a sample; the default one first. */
  readonly models?: NonNullable<Sample["models"]>;
  /** Of the command that asked. */
  readonly cliVersion: string;
  readonly metrics: MetricsReport;
  readonly cache: CacheStats;
  /** Null, as `process`, `redis` and `alerts`, where we may not use the control socket, which alone tells. */
  readonly memory: MemoryReport | null;
  readonly process: ProcessStatus | null;
  readonly redis: RedisStatus | null;
  /** Those that fire now. */
  readonly alerts: readonly Alert[] | null;
  /** Why they are null. */
  readonly controlDetail?: string;
  /** All units of combot; null where this machine has no systemd, or systemd no such unit. */
  readonly systemd: readonly UnitState[] | null;
  /** Why it is null where there may be units all the same. */
  readonly systemdDetail?: string;
}

/** On a wider terminal lines stay as long as they are read with ease. */
export const STATUS_WIDTH = 80;
const NAME_WIDTH = 10;
/** Of a row, where the terminal is narrow. */
const NARROW_LINES = 3;

type Tone = keyof Paint;

const CHECK_TONES: Readonly<Record<CheckStatus, Tone>> = {
  ok: "good",
  degraded: "careful",
  unhealthy: "bad",
  off: "faint",
};

/** One screen: rows of the monitor, and the counts since the daemon's start. @param width as of the terminal, 80 at most. */
export function renderStatus(report: StatusReport, paint: Paint, glyphs: Glyphs, width = STATUS_WIDTH): string {
  const line = lineIn(Math.min(width, STATUS_WIDTH));
  const painted = (lines: readonly Line[]): string => lines.map((one) => paintLine(one, paint).trimEnd()).join("\n");
  const space = { width: Math.min(width, STATUS_WIDTH), maxLines: width < STATUS_WIDTH ? NARROW_LINES : 1, glyphs };
  return [
    headline(report, paint, line),
    [...checks(report, paint, line), ...alerts(report, paint, line), served(report, line)].join("\n"),
    [painted(rows(report, space)), ...models(report, paint, line), figures(report, paint, line)].join("\n"),
    report.process && report.memory
      ? painted(processTable({ ...report, process: report.process, memory: report.memory }, new Map(), space))
      : line("workers", "", `Not shown, nor is memory. ${report.controlDetail ?? ""}`),
  ].join("\n\n");
}

function rows({ memory, metrics, cache, redis }: StatusReport, space: RowSpace): Line[] {
  return [
    ...(memory ? [...memoryRows(memory, memory.thresholds, space), ...modelRows(memory.model, space)] : []),
    ...cacheRows(cache, undefined, space),
    ...(redis ? redisRows(redis, space) : []),
    ...journalRows(metrics.journal, space),
  ];
}

/** A line each, where there are several. */
function models({ models: all = [] }: StatusReport, paint: Paint, line: WriteLine): string[] {
  return all.map(({ name, state, reason, workers, bytes, pinned, waiting, unloadsInSeconds }, index) => {
    const goes = unloadsInSeconds === null ? [] : [`unloads in ${formatDuration(unloadsInSeconds * 1000)} if idle`];
    const words = [
      ...(workers > 0 ? [`${counted(workers, "worker")} with ${formatBytes(bytes)}`] : []),
      ...(waiting > 0 ? [`${counted(waiting, "text")} waiting`] : []),
      ...(pinned ? ["pinned"] : goes),
      ...(reason === null ? [] : [harmless(reason)]),
    ];
    const tone = state === "failed" ? paint.bad : state === "ready" ? paint.good : paint.faint;
    return line(
      index === 0 ? "models" : "",
      `${tone(state.padEnd(9))} `,
      [name, words.join(", ")].filter(Boolean).join(": "),
    );
  });
}

function headline({ health, process, cliVersion }: StatusReport, paint: Paint, line: WriteLine): string {
  const status = paint[CHECK_TONES[health.status]](health.status);
  const pid = process ? `, pid ${process.daemon.pid}` : "";
  const gap = versionGap(cliVersion, harmless(health.version));
  const told = gap === null ? "" : `\n${line("versions", "", gap)}`;
  return `${paint.strong("combot")} ${harmless(health.version)} is ${status}, up ${formatDuration(health.uptimeSeconds * 1000)}${pid}${told}`;
}

/** Those that a row below does not tell as well: what is not as it should be, and what we may not see more of. */
function checks({ health, memory, process, redis }: StatusReport, paint: Paint, line: WriteLine): string[] {
  const isToldBelow: Readonly<Record<keyof Health["checks"], boolean>> = {
    model: memory !== null && process !== null,
    redis: redis !== null,
    database: true,
    memory: memory !== null,
  };
  const rows = Object.entries(health.checks) as [keyof Health["checks"], Health["checks"]["model"]][];
  return rows
    .filter(([name, { status }]) => !(isToldBelow[name] && (status === "ok" || status === "off")))
    .map(([name, { status, detail }]) => line(name, `${paint[CHECK_TONES[status]](status.padEnd(9))} `, detail));
}

const CHOSEN_BY: Readonly<Record<Chosen["by"], string>> = {
  "model use": "combot model use",
  flag: "--model",
  setting: "COMBOT_MODEL_DIR",
  bundled: "nobody: it comes with combot",
};

/** What the trial of the model found that makes it slower than others. */
const BATCHES: Readonly<Record<NonNullable<Health["model"]["weights"]["batching"]>, readonly string[]>> = {
  padded: [],
  equal: ["a batch has texts of one length: padding changes its answers"],
  single: ["texts are answered one at a time"],
};

/** Which folder the model is from, and who chose it. */
function served({ health: { model }, memory }: StatusReport, line: WriteLine): string {
  const { name, digest, dir, file, chosen, remarks } = model;
  const when = chosen.at === null ? "" : ` on ${chosen.at.slice(0, 16).replace("T", " ")} UTC`;
  const known = memory ? "" : `${name} (${digest}), `;
  const words = `${known}${file} of ${dir}; chosen by ${CHOSEN_BY[chosen.by]}${when}`;
  const told = [...BATCHES[model.weights.batching ?? "padded"], ...remarks];
  return [line("serves", "", words), ...told.map((remark) => line("", "", remark))].join("\n");
}

const SEVERITY_TONES: Readonly<Record<Severity, Tone>> = { warning: "careful", critical: "bad", emergency: "bad" };

function alerts({ alerts: firing }: StatusReport, paint: Paint, line: WriteLine): string[] {
  return (firing ?? []).map(({ alert, severity, summary, help }, index) =>
    line(
      index === 0 ? "alerts" : "",
      `${paint[SEVERITY_TONES[severity]](severity.padEnd(9))} `,
      `${alert}: ${summary} ${help}`,
    ),
  );
}

function figures({ metrics, systemd, systemdDetail }: StatusReport, paint: Paint, line: WriteLine): string {
  const rows = [
    line("queue", "", queue(metrics)),
    line("latency", "", `${latencies(metrics)} ms (p50/p90/p99)`),
    line("requests", "", requests(metrics)),
    line("errors", "", counts(metrics.errors) || "none"),
    line("recycles", "", recycles(metrics)),
  ];
  if (systemd) rows.push(units(systemd, paint, line));
  else if (systemdDetail !== undefined) rows.push(line("systemd", "", systemdDetail));
  return rows.join("\n");
}

/** A backup or a check rests until its timer starts it. */
const RESTING = /^combot-(backup|check)\.service$/;

/** Units that are as they should be on one line, each other one on its own. */
function units(all: readonly UnitState[], paint: Paint, line: WriteLine): string {
  const isWell = ({ unit, active }: UnitState): boolean =>
    active === "active" || (RESTING.test(unit) && active !== "failed");
  const well = all.filter((unit) => isWell(unit) && unit.active === "active").map(({ unit }) => unit);
  const rows = [
    ...(well.length > 0 ? [[paint.good("active".padEnd(9)), well.join(", ")] as const] : []),
    ...all
      .filter((unit) => !isWell(unit))
      .map(({ unit, active, sub }) => [paint.bad(active.padEnd(9)), `${unit} (${sub})`] as const),
  ];
  return rows.map(([state, words], index) => line(index === 0 ? "systemd" : "", `${state} `, words)).join("\n");
}

type WriteLine = (name: string, lead: string, words: string) => string;

/** A name, then words that begin at column 11 on every line; `lead` is coloured, so its width is not its length. */
function lineIn(width: number): WriteLine {
  return (name, lead, words) => {
    const indent = NAME_WIDTH + (lead === "" ? 0 : NAME_WIDTH);
    const wrapped = wrapWords(words, width - indent);
    return `${name.padEnd(NAME_WIDTH)}${lead}${wrapped.join(`\n${" ".repeat(indent)}`)}`.trimEnd();
  };
}

function latencies({ latencyMs }: MetricsReport): string {
  const classes = Object.entries(latencyMs) as [LatencyClass, MetricsReport["latencyMs"][LatencyClass]][];
  const told = classes.map(([name, { p50, p90, p99 }]) => {
    return `${name} ${p50 === null ? NONE : [p50, p90, p99].map(shortMs).join("/")}`;
  });
  return told.join(", ");
}

function queue({ queue: { waiting, oldestMs } }: MetricsReport): string {
  return waiting === 0 ? "empty" : `${waiting} waiting, the oldest for ${formatDuration(oldestMs)}`;
}

function requests({ requests: calls, texts, throughput, users }: MetricsReport): string {
  const rate = throughput < 10 ? throughput.toFixed(1) : Math.round(throughput);
  return `${counted(calls, "call")}, ${counted(texts, "text")}, ${rate} calls/s, ${counted(users, "user")}`;
}

function recycles({ recycles: { total, byReason } }: MetricsReport): string {
  return [String(total), counts(byReason)].filter(Boolean).join(": ");
}

/** `users 4, manual 1`: what never happened is left out. */
function counts(byName: Readonly<Record<string, number>>): string {
  const happened = Object.entries(byName).filter(([, count]) => count > 0);
  return happened.map(([name, count]) => `${name} ${shortCount(count)}`).join(", ");
}

/** `1 call`, `18204 calls`. */
function counted(count: number, noun: string): string {
  return `${shortCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}
