import Table from "cli-table3";
import { round } from "../accept/statistics.ts";
import { spreadOf } from "./result.ts";
import type { Round, ServeResult, Spread, Verdict } from "./result.ts";
import type { Measurement } from "./measurement.ts";

const MB = 1e6;

/** The result for people. */
export function renderResult(result: ServeResult): string {
  const { rounds, verdicts } = result;
  return [
    ...describe(result),
    "",
    figures(rounds),
    "",
    ...weights(rounds),
    "",
    ratios(verdicts),
    "",
    ...company(rounds),
  ].join("\n");
}

function describe({
  machine,
  versions,
  model,
  modelBytes,
  clients,
  seconds,
  rounds,
  distinctTexts,
  at,
  commit,
  uncommittedChanges,
}: ServeResult): string[] {
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${machine.cores} cores of ${machine.cpu}, ${round(machine.memoryBytes / 2 ** 30, 1)} GiB, Linux ${machine.kernel}; ${at.slice(0, 16)}Z`,
    `${named.join(", ")}; commit ${commit.slice(0, 12)}${uncommittedChanges ? " with changes" : ""}`,
    `${model} (${round(modelBytes / MB, 0)} MB), ${clients} clients, ${rounds.length} rounds of ${seconds} s, ${distinctTexts} texts of 5 to 60 tokens, none twice`,
  ];
}

/** Median (least–most) over the rounds. */
function figures(rounds: readonly Round[]): string {
  const table = new Table({
    head: ["", "requests/s", "p50 ms", "p99 ms", "PSS MB", "CPU s", "CPU %", "failed"],
    colAligns: ["left", "right", "right", "right", "right", "right", "right", "right"],
    style: { head: [], border: [] },
  });
  const floor = (of: (floor: Round["floor"]) => number, digits = 0): string =>
    show(spreadOf(rounds.map((round) => of(round.floor))), digits);
  const sizes = (of: (floor: Round["floor"]) => number): string =>
    [...new Set(rounds.map((round) => of(round.floor)))].join(" or ");
  table.push([
    `floor (batch ${sizes(({ batchSize }) => batchSize)})`,
    floor(({ perSecond }) => perSecond, 1),
    "",
    "",
    "",
    floor(({ cpu }) => cpu.cpuSeconds, 1),
    floor(({ cpu }) => cpu.cpuPercent),
    "",
  ]);
  table.push([
    `best floor (batch ${sizes(({ best }) => best.batchSize)})`,
    floor(({ best }) => best.perSecond, 1),
    "",
    "",
    "",
    "",
    "",
    "",
  ]);
  for (const name of ["combot", "peer"] as const) {
    const of = (figure: (measurement: Measurement) => number, digits = 0): string =>
      show(spreadOf(rounds.map((round) => figure(round[name]))), digits);
    table.push([
      name,
      of(({ perSecond }) => perSecond, 1),
      of(({ p50Ms }) => p50Ms),
      of(({ p99Ms }) => p99Ms),
      of(({ pssBytes }) => pssBytes / MB),
      of(({ cpu }) => cpu.cpuSeconds, 1),
      of(({ cpu }) => cpu.cpuPercent),
      of(({ failed }) => failed),
    ]);
  }
  return table.toString();
}

/** PSS of each process in the last round. */
function weights(rounds: readonly Round[]): string[] {
  const last = rounds.at(-1);
  return (["combot", "peer"] as const).map((name) => {
    const parts = last?.[name].processes.map(({ role, pssBytes }) => `${role} ${round(pssBytes / MB, 0)}`) ?? [];
    return `PSS of ${name} in MB: ${parts.join(", ")}`;
  });
}

function ratios(verdicts: readonly Verdict[]): string {
  const table = new Table({ head: ["", "median (least–most)", "target", ""], style: { head: [], border: [] } });
  for (const { what, figure, target = "for the record", pass } of verdicts)
    table.push([what, show(figure, 3), target, pass === undefined ? "" : pass ? "pass" : "FAIL"]);
  return table.toString();
}

/** What else the two cores were busy with, 100 % being one core. */
function company(rounds: readonly Round[]): string[] {
  return (["floor", "combot", "peer"] as const).map((name) => {
    const of = (figure: "clientsPercent" | "othersPercent" | "stolenPercent"): string =>
      show(spreadOf(rounds.map((round) => round[name].cpu[figure])), 0);
    return `CPU % beside ${name}: clients ${of("clientsPercent")}, anybody else ${of("othersPercent")}, taken by the host ${of("stolenPercent")}`;
  });
}

function show({ median, least, most }: Spread, digits: number): string {
  const figure = (value: number): string => value.toFixed(digits);
  return least === most ? figure(median) : `${figure(median)} (${figure(least)}–${figure(most)})`;
}
