import { serve } from "./serve/main.ts";

interface Benchmark {
  readonly name: string;
  readonly summary: string;
  /** @returns the exit status: 0 done, 2 wrong usage, 4 a target missed. */
  run(args: readonly string[]): Promise<number>;
}

/** Side-by-side comparisons: `npm run bench -- <benchmark>`. */
const BENCHMARKS: readonly Benchmark[] = [serve];

async function main([name, ...args]: readonly string[]): Promise<number> {
  const benchmark = BENCHMARKS.find((one) => one.name === name);
  if (benchmark) return benchmark.run(args);
  const known = BENCHMARKS.map((one) => `  ${one.name}  ${one.summary}`).join("\n");
  process.stderr.write(`npm run bench -- <benchmark>, one of:\n${known}\n`);
  return 2;
}

process.exitCode = await main(process.argv.slice(2));
