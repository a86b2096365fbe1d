import type { Paint } from "./paint.ts";
import { renderTable } from "./table.ts";
import { ownEntry } from "../own-entry.ts";

/** Of a digest, so many digits tell models apart. */
const DIGITS = 12;
const NONE = "-";

/** A line of a table of hosts; null for what the host did not tell. */
export interface HostRow {
  readonly host: string;
  readonly version: string | null;
  /** The version that it is to run. */
  readonly target?: string | null;
  readonly health: string | null;
  readonly level: string | null;
  readonly model: string | null;
  readonly digest: string | null;
  /** Names of settings that differ from the other hosts'. */
  readonly drift: readonly string[] | null;
  /** What changes, where it stands, or why there is nothing to show. */
  readonly remark: string;
  readonly isBad: boolean;
}

/** What a deploy would do, host by host. */
export function renderHostPlans(rows: readonly HostRow[], paint: Paint): string {
  const heads = ["host", "version", "", "then", "level", "model", "changes"];
  const cells = rows.map(({ host, version, target, level, model, digest, remark, isBad }) => [
    host,
    version ?? "none",
    "→",
    target ?? NONE,
    level ?? NONE,
    modelInWords(model, digest),
    isBad ? paint.bad(remark) : remark,
  ]);
  return renderTable(heads.map(toColumn), cells);
}

/** What runs where. */
export function renderHosts(rows: readonly HostRow[], paint: Paint): string {
  const heads = ["host", "version", "health", "level", "model", "settings that differ", ""];
  const cells = rows.map(({ host, version, health, level, model, digest, drift, remark, isBad }) => [
    host,
    version ?? NONE,
    health === null ? NONE : healthInColour(health, paint),
    level ?? NONE,
    modelInWords(model, digest),
    drift === null ? NONE : drift.length === 0 ? "none" : paint.careful(drift.join(" ")),
    isBad ? paint.bad(remark) : remark,
  ]);
  return renderTable(heads.map(toColumn), cells);
}

/** Where each host stands after a run. */
export function renderOutcomes(
  outcomes: readonly { readonly host: string; readonly stand: string; readonly detail: string }[],
  paint: Paint,
): string {
  const cells = outcomes.map(({ host, stand, detail }) => [
    host,
    paint[ownEntry(COLOURS, stand) ?? "strong"](stand),
    detail,
  ]);
  return renderTable(["host", "stands", ""].map(toColumn), cells);
}

/** A host's `combot doctor`, or why there is none. */
export interface Examination {
  readonly host: string;
  readonly report: Readonly<Record<string, unknown>> | null;
  readonly error: string | null;
}

/** What is wrong where. */
export function renderExaminations(hosts: readonly Examination[], paint: Paint): string {
  const cells = hosts.map(({ host, report, error }) => {
    if (report === null) return [host, paint.bad("none"), error ?? ""];
    const status = typeof report["status"] === "string" ? report["status"] : "unknown";
    const checks = (Array.isArray(report["checks"]) ? report["checks"] : []) as readonly Record<string, string>[];
    const found = checks.filter((check) => check["status"] !== "ok" && check["status"] === status);
    const words = found.map((check) => `${check["name"]}: ${check["found"]}`).join("; ");
    return [host, paint[ownEntry(STATUS_COLOURS, status) ?? "careful"](status), words];
  });
  return renderTable(["host", "examined", "what was found"].map(toColumn), cells);
}

const STATUS_COLOURS: Readonly<Record<string, keyof Paint>> = { ok: "good", warn: "careful", fail: "bad" };

const COLOURS: Readonly<Record<string, keyof Paint>> = {
  same: "faint",
  deployed: "good",
  waiting: "careful",
  "rolled-back": "bad",
  failed: "bad",
  unknown: "bad",
};

function toColumn(head: string): { readonly head: string } {
  return { head };
}

function healthInColour(health: string, paint: Paint): string {
  return paint[health === "ok" ? "good" : health === "unhealthy" ? "bad" : "careful"](health);
}

function modelInWords(name: string | null, digest: string | null): string {
  if (name === null || digest === null) return NONE;
  return `${name} ${digest.replace(/^sha256:/, "").slice(0, DIGITS)}`;
}
