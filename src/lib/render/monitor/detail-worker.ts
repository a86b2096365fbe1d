import type { WorkerStatus } from "../../protocol/process.ts";
import { formatBytes, formatDuration } from "../../units.ts";
import { span } from "../line.ts";
import type { Line } from "../line.ts";
import { shortCount } from "../words.ts";
import { bytesOf, row, shareOf } from "./cells.ts";
import { chart, chartStrokes } from "./chart.ts";
import { batchRows, ofLimit, ownDecisions, seconds } from "./detail-blocks.ts";
import type { DetailParts } from "./options.ts";
import { STATE_TONES } from "./process-table.ts";

const FEWEST_CHART_LINES = 3;
const MOST_CHART_LINES = 14;
/** From this age on a life is told in minutes, from the journal. */
const MINUTES_FROM_SECONDS = 300;
/** Lines that the decisions have at least. */
const DECISIONS = 3;
/** With fewer lines, each block has one. */
const ROOMY = 30;

/** All about one worker: what it has served of its limits, its batches, its memory since it began, its decisions. */
export function workerDetail(worker: WorkerStatus, parts: DetailParts): Line[] {
  const { width, height, glyphs, view, sample } = parts;
  const space = { width, glyphs, maxLines: height >= ROOMY ? 3 : 1 };
  const { slot, model, pid, state, generation, users, requests, uptimeSeconds, limits, dueBy, next } = worker;
  const memory = sample.memory.processes.find((one) => one.pid === pid);
  const until = next ? `${next.reason} in ${formatDuration(next.inSeconds * 1000)}` : "not foreseen";
  const facts = [
    ...row(
      `${model ?? "worker"} ${slot}`,
      [
        [span(state, STATE_TONES[state])],
        pid === null ? "no process" : `pid ${pid}`,
        `generation ${generation}`,
        `CPU ${shareOf(view.derived.processCpu.get(pid ?? 0))}`,
        `next recycle: ${dueBy === null ? until : `due by ${dueBy}`}`,
      ],
      { ...space, maxLines: 2 },
    ),
    ...ofLimit("users", [users, limits?.maxUsers ?? 0], shortCount, space),
    ...ofLimit("requests", [requests, limits?.maxRequests ?? 0], shortCount, space),
    ...ofLimit("uptime", [uptimeSeconds, limits?.maxUptimeSeconds ?? 0], seconds, space),
    ...row(
      "memory",
      [
        `PSS ${bytesOf(worker.pssBytes)}`,
        `RSS ${bytesOf(worker.rssBytes)}`,
        ...(memory ? [`private ${formatBytes(memory.privateBytes)}`, `mapped ${formatBytes(memory.mappedBytes)}`] : []),
      ],
      space,
    ),
    ...batchRows(worker.batches, space),
  ];
  const decisions = view.decisions.filter((decision) => decision.slot === slot && decision.model === model);
  const blanks = height >= ROOMY ? 2 : 0;
  const wanted = Math.min(DECISIONS, Math.max(1, decisions.length));
  const strokes = Math.min(MOST_CHART_LINES, height - facts.length - wanted - blanks - 2);
  const life = strokes < FEWEST_CHART_LINES ? [] : lifeChart(worker, strokes, parts);
  const gap: Line[] = blanks > 0 ? [[]] : [];
  const left = height - facts.length - life.length - 2 * gap.length;
  return [...facts, ...gap, ...life, ...gap, ...ownDecisions(decisions, left, space)];
}

/** Since it began, as far as that is known: from the journal's minutes, or second by second while it is young. */
function lifeChart({ pid, pssBytes, uptimeSeconds }: WorkerStatus, height: number, parts: DetailParts): Line[] {
  const { width, glyphs, view, life } = parts;
  const strokes = chartStrokes(width);
  const isYoung = uptimeSeconds < MINUTES_FROM_SECONDS && !view.past;
  const ring = view.lives.get(pid ?? 0);
  const step = Math.max(1, Math.ceil(uptimeSeconds / strokes));
  const points = life?.points?.map((point) => point.pssBytes) ?? [];
  const values = isYoung
    ? (ring?.peaks(Math.min(strokes, Math.ceil(uptimeSeconds / step)), step, view.nowMs) ?? [])
    : [...points, pssBytes];
  const told = life?.fault ?? (life && !life.points ? "read from the journal" : bytesOf(pssBytes));
  return chart(stretched(values, strokes), {
    width,
    height,
    glyphs,
    name: "memory since it began (PSS)",
    value: told,
    tell: (bytes) => formatBytes(bytes).replace(" ", ""),
    from: `${formatDuration(Math.max(1, uptimeSeconds) * 1000)} ago`,
    until: view.past ? "then" : "now",
  });
}

/** Over the whole width, whatever their number: all of a life is to be seen. */
function stretched(values: readonly (number | null)[], count: number): (number | null)[] {
  if (values.length === 0) return [];
  return Array.from({ length: count }, (_, at) => {
    const from = Math.floor((at * values.length) / count);
    const until = Math.max(from + 1, Math.floor(((at + 1) * values.length) / count));
    return values
      .slice(from, until)
      .reduce<number | null>((most, one) => (one === null ? most : Math.max(most ?? 0, one)), null);
  });
}
