import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Measured } from "./benchmark.ts";
import { surroundings } from "./serve/machine.ts";
import type { Surroundings } from "./serve/machine.ts";
import type { Spread, Verdict } from "./serve/result.ts";

/** What a benchmark found, and where. */
export interface Kept extends Surroundings, Measured {
  readonly name: string;
  readonly summary: string;
  readonly tookSeconds: number;
}

const DOCS = fileURLToPath(new URL("../docs", import.meta.url));
const FOLDER = join(DOCS, "benchmarks");
const PAGE = join(DOCS, "benchmarks.md");
/** What stands outside of these is written by hand. */
const [FROM, TO] = ["<!-- figures: npm run bench writes them -->", "<!-- end of the figures -->"];

/** Keeps a result as docs/benchmarks/<name>.json. */
export function keep(result: Omit<Kept, keyof Surroundings>): Kept {
  mkdirSync(FOLDER, { recursive: true });
  const kept = { ...result, ...surroundings() };
  writeFileSync(join(FOLDER, `${result.name}.json`), `${JSON.stringify(kept, null, 2)}\n`);
  return kept;
}

/** Writes docs/benchmarks.md anew from every result that is kept. @param order names of benchmarks. */
export function writePage(order: readonly string[]): string {
  const results = readdirSync(FOLDER)
    .map((name) => JSON.parse(readFileSync(join(FOLDER, name), "utf8")) as Kept)
    .toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  const figures = [FROM, ...results.map(section), TO].join("\n\n");
  const page = existsSync(PAGE) ? readFileSync(PAGE, "utf8") : `${INTRODUCTION}\n\n${FROM}\n\n${TO}\n`;
  const [before = "", after = ""] = [page.split(FROM)[0], page.split(TO)[1]];
  writeFileSync(PAGE, `${before}${figures}${after}`);
  return PAGE;
}

const INTRODUCTION = `# Benchmarks

\`npm run bench\` measures all of it in one go and writes this page; \`npm run bench -- NAME\` measures one anew. Contenders take
turns, so that what drifts on the machine hits all of them; ratios are taken within a round and only then over the rounds.
Figures are the median of the rounds, with the least and the most of them.`;

function section({ name, summary, at, commit, uncommittedChanges, machine, versions, verdicts, notes }: Kept): string {
  const { cores, cpu, memoryBytes, kernel } = machine;
  const named = Object.entries(versions).filter(([, version]) => version !== "");
  return [
    `## ${name}`,
    `${summary[0]?.toUpperCase()}${summary.slice(1)}.`,
    table(verdicts),
    ...notes,
    `${cores} cores of ${cpu}, ${(memoryBytes / 2 ** 30).toFixed(1)} GiB, Linux ${kernel}; ${named.map((one) => one.join(" ")).join(", ")}; commit ${commit.slice(0, 12)}${uncommittedChanges ? " with changes" : ""}, ${at.slice(0, 16)}Z.`,
  ].join("\n\n");
}

function table(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ what, figure, target = "", pass }) => {
    return `| ${what} | ${shown(figure)} | ${target} | ${pass === undefined ? "" : pass ? "pass" : "**FAIL**"} |`;
  });
  return ["| what | median (least to most) | target | |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

export function shown({ median, least, most }: Spread): string {
  return least === most ? words(median) : `${words(median)} (${words(least)} to ${words(most)})`;
}

/** Three figures, and whole numbers above them. */
function words(value: number): string {
  if (!Number.isFinite(value)) return "-";
  return Math.abs(value) >= 100 || Number.isInteger(value) ? String(Math.round(value)) : value.toPrecision(3);
}
