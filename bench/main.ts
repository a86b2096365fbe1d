import { cpus } from "node:os";
import { relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CpuMeter } from "../src/lib/perf/watch/cpu-meter.ts";
import type { Benchmark, BenchOptions } from "./benchmark.ts";
import { cached } from "./cached/main.ts";
import { commandLine } from "./command-line.ts";
import { crowd } from "./crowd/main.ts";
import { footprint } from "./footprint.ts";
import { lifecycle } from "./lifecycle/main.ts";
import { mixed } from "./mixed.ts";
import { keep, shown, writePage } from "./page.ts";
import { publishedBenchmarks } from "./published/main.ts";
import { recycleBenchmarks } from "./recycle.ts";
import { reload } from "./reload.ts";
import { serveBenchmarks } from "./serve/benchmark.ts";
import { serve } from "./serve/main.ts";

/** In the order of the page. */
const BENCHMARKS: readonly Benchmark[] = [
  ...serveBenchmarks,
  ...publishedBenchmarks,
  cached,
  crowd,
  mixed,
  reload,
  ...recycleBenchmarks,
  lifecycle,
  commandLine,
  footprint,
];
const NAMES = BENCHMARKS.map(({ name }) => name);

/** `wanted` is its name, or the word that it begins with. */
const isMeant = (name: string, wanted: string): boolean => name === wanted || name.startsWith(`${wanted}-`);

const COMPANY_MS = 3000;

const USAGE = `Measures combot beside the floor and beside what others would use, and writes docs/benchmarks.md.

  npm run bench                     all that this machine has the parts for, about twenty minutes
  npm run bench -- NAME… [--quick]  some of it, by name or by the first word of names; --quick is short, to see that
                                    it works, and keeps nothing
  npm run bench -- serve --help     the first comparison by itself, with options

${BENCHMARKS.map(({ name, summary }) => `  ${name}\n      ${summary}`).join("\n")}
`;

async function main(args: readonly string[]): Promise<number> {
  if (args[0] === serve.name) return serve.run(args.slice(1));
  const quick = args.includes("--quick");
  const wanted = args.filter((arg) => arg !== "--quick");
  if (wanted.some((word) => !NAMES.some((name) => isMeant(name, word)))) {
    process.stderr.write(USAGE);
    return 2;
  }
  const asked = BENCHMARKS.filter(({ name }) => wanted.length === 0 || wanted.some((word) => isMeant(name, word)));
  // Before the first of them: the last would say so after a quarter of an hour.
  const lacks = new Map(asked.map((benchmark) => [benchmark, benchmark.missing?.()]));
  for (const missing of new Set(lacks.values())) if (missing !== undefined) process.stderr.write(`${missing}\n`);
  const benchmarks = asked.filter((benchmark) => lacks.get(benchmark) === undefined);
  if (benchmarks.length < asked.length && wanted.length > 0) return 2;
  for (const { name } of asked.filter((benchmark) => !benchmarks.includes(benchmark)))
    process.stderr.write(`${name} is left out, with the figures that it had\n`);
  const stopped = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => stopped.abort(new Error(`stopped by ${signal}`)));
  const say = (progress: string): void => void process.stderr.write(`${progress}\n`);
  const options = { quick, say, signal: stopped.signal };
  let isMissed = false;
  for (const benchmark of benchmarks) isMissed = !(await run(benchmark, options)) || isMissed;
  if (!quick) process.stdout.write(`${relative(process.cwd(), writePage(NAMES))}\n`);
  return isMissed ? 4 : 0;
}

/** @returns whether every target is met. */
async function run(benchmark: Benchmark, options: BenchOptions): Promise<boolean> {
  const { name, summary } = benchmark;
  options.signal.throwIfAborted();
  const company = await companyNow();
  const from = performance.now();
  const { verdicts, notes: own } = await benchmark.run(options);
  const notes = [...own, company];
  const tookSeconds = Math.round((performance.now() - from) / 1000);
  if (!options.quick) keep({ name, summary, tookSeconds, verdicts, notes });
  const lines = verdicts.map(({ what, figure, target, pass }) => {
    const mark = pass === undefined ? "    " : pass ? "pass" : "FAIL";
    return `${mark}  ${what}: ${shown(figure)}${target === undefined ? "" : ` (${target})`}`;
  });
  process.stdout.write(`${[name, ...lines, ...notes].join("\n")}\n\n`);
  return verdicts.every(({ pass }) => pass !== false);
}

/** Figures beside a busy neighbour are doubtful, and say so. */
async function companyNow(): Promise<string> {
  const meter = new CpuMeter(() => performance.now(), cpus().length);
  await sleep(COMPANY_MS);
  const share = meter.read([]).machineCpu ?? NaN;
  return `Right before it, others kept the machine ${(share * 100).toFixed(0)}% busy.`;
}

process.exitCode = await main(process.argv.slice(2));
