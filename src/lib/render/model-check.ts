import { harmless } from "../harmless.ts";
import type { ModelCheckReport } from "../protocol/model.ts";
import { formatBytes, formatDuration } from "../units.ts";
import type { Paint } from "./paint.ts";
import { NONE, shortMs, wrapWords } from "./words.ts";

const WIDTH = 80;
const NAME_WIDTH = 12;

/** A model that can be served, 80 columns wide: what it is, what a worker takes with it, what it answers. */
export function renderModelCheck(report: ModelCheckReport, paint: Paint): string {
  const head = `${paint.strong(harmless(report.name))} ${paint.good("can be served")}`;
  return [head, folder(report), serving(report), worker(report), answers(report, paint)].join("\n\n");
}

const SCORES: Readonly<Record<ModelCheckReport["activation"], string>> = {
  softmax: "one of them (softmax)",
  sigmoid: "each by itself (sigmoid)",
  none: "scores as the graph gives them",
};

function folder(report: ModelCheckReport): string {
  const { dir, digest, remarks, files, bytes, graph, labels, activation, windowTokens, padId, tokenizer } = report;
  const opsets = Object.entries(graph.opsets).map(([domain, version]) => `${domain} ${version}`);
  const scores = SCORES[activation];
  return [
    row("folder", dir),
    row("digest", digest),
    row("files", `${files.join(", ")}: ${formatBytes(bytes)}`),
    row(
      "graph",
      `opset ${opsets.join(", ")}; format ${graph.irVersion}; ${graph.producer ? `made by ${graph.producer}` : "no producer named"}`,
    ),
    row("inputs", graph.inputs.join(", ")),
    row("labels", `${labels.length}, ${scores}: ${labels.join(", ")}`),
    row("tokenizer", `${tokenizer.kind}, ${tokenizer.tokens} tokens, pad id ${padId}`),
    row("window", `${windowTokens} tokens`),
    ...remarks.map((remark) => row("note", remark)),
  ].join("\n");
}

const BATCHING: Readonly<Record<ModelCheckReport["serving"]["batching"], string>> = {
  padded: "of texts of any length",
  equal: "only of texts of one length: padding changes its answers",
  single: "of one text: others beside it change its answers, or are not taken",
};

function serving({ serving: { serves, reason, batching, texts, labelShifts, batchShift } }: ModelCheckReport): string {
  const file = { prepared: "prepared weights, which workers share", plain: "the file itself, in every worker" }[serves];
  const moved =
    batchShift === 0
      ? "answers are the same there as alone"
      : `logits move by ${batchShift.toPrecision(2)} there, and ${labelShifts} of ${texts} labels`;
  return [
    row("served from", reason === null ? file : `${file}: ${reason}`),
    row("batches", batching === "single" ? BATCHING.single : `${BATCHING[batching]}; ${moved}`),
  ].join("\n");
}

function worker({ worker: { startMs, loadMs, memory }, filled }: ModelCheckReport): string {
  const shift = `beside it the probe's logits move by ${filled.probeShift.toPrecision(2)}`;
  return [
    row(
      "worker",
      `first answer ${formatDuration(startMs)} after its start, ${formatDuration(loadMs)} of it the model's load`,
    ),
    row("memory", memoryWords(memory)),
    row("long text", `${filled.tokens} tokens in ${formatDuration(filled.computeMs)}; ${shift}`),
    row("", `then ${memoryWords(filled.memory)}`),
  ].join("\n");
}

function memoryWords(memory: ModelCheckReport["worker"]["memory"]): string {
  if (!memory) return NONE;
  const { pssBytes, privateBytes, mappedBytes } = memory;
  return `PSS ${formatBytes(pssBytes)}, private ${formatBytes(privateBytes)}, mapped ${formatBytes(mappedBytes)}`;
}

function answers({ answers: list }: ModelCheckReport, paint: Paint): string {
  return list
    .map(({ text, tokens, truncated, scores, computeMs }) => {
      const told = scores.map(({ label, score }) => `${label} ${score.toFixed(4)}`).join(", ");
      const length = `${tokens} tokens${truncated ? ", cut to the window" : ""}, ${shortMs(computeMs)} ms`;
      return `${row("text", text)}\n${row("", told)}\n${paint.faint(row("", length))}`;
    })
    .join("\n");
}

/** A name, then words that begin at the same column on every line. */
function row(name: string, words: string): string {
  const indent = " ".repeat(NAME_WIDTH);
  return `${name.padEnd(NAME_WIDTH)}${wrapWords(harmless(words), WIDTH - NAME_WIDTH).join(`\n${indent}`)}`;
}
