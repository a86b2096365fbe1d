import type { ShadowReply, ShadowReport } from "../protocol/shadow.ts";
import { onOneLine } from "../terminal-text.ts";
import { formatBytes } from "../units.ts";
import type { Paint } from "./paint.ts";
import { renderTable } from "./table.ts";
import { NONE, shortCount, shortMs } from "./words.ts";

const NAME_WIDTH = 11;
const LABELS = 20;

/** How a candidate does, or did; or that there is none. */
export function renderShadow({ shadow, lost }: ShadowReply, paint: Paint): string {
  const told = lost
    ? [
        paint.careful(
          `A shadow ended with the daemon, and its figures with it: ${onOneLine(lost.dir)} behind ${lost.model}, begun ${timeOf(lost.startedAt)}.`,
        ),
        `Begin it again: combot model shadow ${onOneLine(lost.dir)} --share ${partOf(lost.share)}`,
      ]
    : [];
  if (!shadow) return [...told, ...(lost ? [] : ["No candidate runs behind live traffic."])].join("\n");
  return [...told, ...headOf(shadow, paint), ...tablesOf(shadow)].join("\n");
}

function headOf(shadow: ShadowReport, paint: Paint): string[] {
  const { state, reason, model, share, startedAt, live, candidate, texts, lastFailure, remarks } = shadow;
  const { compared, agreed, failed, skipped } = texts;
  const tone = state === "comparing" ? paint.good : state === "ended" ? paint.faint : paint.careful;
  const agreement = compared === 0 ? "nothing compared yet" : `${exactly(agreed, compared)} of ${compared} texts`;
  const passed = Object.entries(skipped).map(([why, count]) => `${shortCount(count)} ${why}`);
  const sides = [
    ["live", live],
    ["candidate", candidate],
  ] as const;
  return [
    `${paint.strong(onOneLine(candidate.name))} behind ${model}: ${tone(state)}${reason === null ? "" : `, ${onOneLine(reason)}`}`,
    row("candidate", `${candidate.digest}, ${onOneLine(candidate.file)} of ${onOneLine(candidate.dir)}`),
    row("share", `${partOf(share)} of the texts since ${timeOf(startedAt)}`),
    row("agreement", agreement),
    row(
      "latency",
      sides.map(([name, { p50Ms, p99Ms }]) => `${name} ${shortMs(p50Ms)}/${shortMs(p99Ms)}`).join(", ") +
        " ms (p50/p99)",
    ),
    row("memory", sides.map(([name, { bytes }]) => `${name} ${bytes === 0 ? NONE : formatBytes(bytes)}`).join(", ")),
    row("skipped", passed.join(", ")),
    ...(failed > 0 ? [row("failed", `${shortCount(failed)}, the last: ${onOneLine(lastFailure ?? "")}`)] : []),
    ...remarks.map((remark) => row("", onOneLine(remark))),
  ];
}

function tablesOf({ labels, differ }: ShadowReport): string[] {
  if (labels.length === 0) return [];
  const rows = labels
    .slice(0, LABELS)
    .map(({ label, compared, agreed }) => [label, String(compared), exactly(agreed, compared)]);
  const byLabel = renderTable(
    [{ head: "LIVE LABEL" }, { head: "TEXTS", align: "right" }, { head: "AGREED", align: "right" }],
    rows,
  );
  const left = labels.length - rows.length;
  const pairs = differ.map(({ live, candidate, texts, examples }) => [
    live,
    candidate,
    String(texts),
    examples.map((text) => JSON.stringify(text)).join(" "),
  ]);
  const columns = [
    { head: "LIVE" },
    { head: "CANDIDATE" },
    { head: "TEXTS", align: "right" },
    { head: pairs.some((pair) => pair[3] !== "") ? "SUCH AS" : "" },
  ] as const;
  return [
    "",
    byLabel,
    ...(left > 0 ? [`${left} more with --json`] : []),
    ...(pairs.length > 0 ? ["", renderTable(columns, pairs)] : []),
  ];
}

function row(name: string, words: string): string {
  return `${name.padEnd(NAME_WIDTH)}${words}`;
}

/** `99.97%`: never rounded up to all of them. */
function exactly(part: number, whole: number): string {
  const share = Math.floor((part * 10_000) / whole) / 100;
  return `${share}%`;
}

function partOf(share: number): string {
  return `${Math.round(share * 10_000) / 100}%`;
}

function timeOf(at: string): string {
  return `${at.slice(0, 16).replace("T", " ")} UTC`;
}
