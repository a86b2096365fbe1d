import { harmless } from "../harmless.ts";
import type { PerfReport, TargetVerdict } from "../protocol/perf.ts";
import { figure, limitOf, verdictWords } from "./perf-figures.ts";

interface Case {
  readonly name: string;
  readonly seconds: number;
  /** Undefined: it passed. */
  readonly outcome?: { readonly kind: "failure" | "error" | "skipped"; readonly words: string };
}

/** A case for each target, and for each figure of a comparison, as CI servers read it (the format of Ant's junit task). */
export function renderJunit(report: PerfReport): string {
  const cases = [
    ...report.targets.map((target) => caseOf(target, report)),
    ...comparedCases(report),
    ...wholeCases(report),
  ];
  const count = (kind: string): number => cases.filter(({ outcome }) => outcome?.kind === kind).length;
  const counts = `tests="${cases.length}" failures="${count("failure")}" errors="${count("error")}" skipped="${count("skipped")}"`;
  const suite = `<testsuite name="combot perf-test" ${counts} time="${report.seconds}" timestamp="${report.at.slice(0, 19)}">`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suite}\n${cases.map(element).join("\n")}\n</testsuite>\n</testsuites>\n`;
}

function caseOf(target: TargetVerdict, { seconds }: PerfReport): Case {
  const { name, unit, measured, pass, detail } = target;
  const said = `${limitOf(target)} wanted, ${figure(unit, measured)} measured${detail === null ? "" : `; ${detail}`}`;
  if (pass === true) return { name, seconds };
  if (pass === false) return { name, seconds, outcome: { kind: "failure", words: said } };
  return { name, seconds, outcome: { kind: "skipped", words: detail ?? "not measured" } };
}

function comparedCases({ comparison, seconds }: PerfReport): Case[] {
  return (comparison?.figures ?? []).map(({ name, ratio, interval: [low, high], verdict }) => {
    const words = `${ratio.toFixed(2)} of the baseline, ${low.toFixed(2)} to ${high.toFixed(2)}`;
    const own = { name: `baseline: ${name}`, seconds };
    return verdict === "worse" ? { ...own, outcome: { kind: "failure" as const, words } } : own;
  });
}

/** What is no target's: the generator's own limits, an end before its time, and what a search found. */
function wholeCases(report: PerfReport): Case[] {
  const { seconds, generator, interrupted = null, search, verdict } = report;
  const cases: Case[] = [];
  if (generator.bottleneck !== null && verdict === "generator")
    cases.push({ name: "load generator", seconds, outcome: { kind: "error", words: generator.bottleneck } });
  if (interrupted !== null) cases.push({ name: "whole run", seconds, outcome: { kind: "error", words: interrupted } });
  if (search) {
    const words = verdictWords(report);
    const own = { name: "find-max", seconds: search.steps.reduce((sum, step) => sum + step.seconds, 0) };
    cases.push(verdict === "pass" ? own : { ...own, outcome: { kind: "failure", words } });
  }
  return cases;
}

function element({ name, seconds, outcome }: Case): string {
  const head = `<testcase classname="combot.perf-test" name="${escaped(name)}" time="${seconds}"`;
  return outcome ? `${head}><${outcome.kind} message="${escaped(outcome.words)}"/></testcase>` : `${head}/>`;
}

/** XML has no control characters, not even as references. */
function escaped(text: string): string {
  return harmless(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
