import { relative } from "node:path";
import { cache } from "./capabilities/cache.ts";
import { callers } from "./capabilities/callers.ts";
import { containers } from "./capabilities/containers.ts";
import { deploy } from "./capabilities/deploy.ts";
import { faults } from "./capabilities/faults.ts";
import { hosts } from "./capabilities/hosts.ts";
import { improve } from "./capabilities/improve.ts";
import { findmax } from "./capabilities/findmax.ts";
import { journal } from "./capabilities/journal.ts";
import { machines } from "./capabilities/machines.ts";
import { memory } from "./capabilities/memory.ts";
import { models } from "./capabilities/models.ts";
import { monitor } from "./capabilities/monitor.ts";
import { perf } from "./capabilities/perf.ts";
import { plan } from "./capabilities/plan.ts";
import { serve } from "./capabilities/serve.ts";
import { several } from "./capabilities/several.ts";
import { stall } from "./capabilities/stall.ts";
import { stranger } from "./capabilities/stranger.ts";
import { swaps } from "./capabilities/swaps.ts";
import { targets } from "./capabilities/targets.ts";
import { tokens } from "./capabilities/tokens.ts";
import { trainer } from "./capabilities/trainer.ts";
import { watch } from "./capabilities/watch.ts";
import { zoo } from "./capabilities/zoo.ts";
import { partsOf, record } from "./record.ts";
import type { Capability, Line, Outcome, Part } from "./record.ts";

/** Measures times, rates and soaks that tests must not assert: `npm run accept -- <capability> [PART…]`. */
const CAPABILITIES: readonly Capability[] = [
  serve,
  models,
  memory,
  perf,
  findmax,
  plan,
  deploy,
  targets,
  cache,
  journal,
  monitor,
  watch,
  zoo,
  swaps,
  faults,
  trainer,
  tokens,
  stall,
  machines,
  stranger,
  several,
  improve,
  callers,
  containers,
  hosts,
];

async function main(name: string | undefined, wanted: readonly string[]): Promise<number> {
  const capability = CAPABILITIES.find((one) => one.name === name);
  const unknown = wanted.filter((part) => !(capability && partsOf(capability).some((one) => one.name === part)));
  if (!capability || unknown.length > 0) {
    process.stderr.write(usage());
    return 2;
  }
  let passed = true;
  for (const part of partsOf(capability)) {
    if (wanted.length > 0 && !wanted.includes(part.name)) continue;
    const outcome = await measure(part);
    process.stdout.write(`${relative(process.cwd(), record(capability, outcome))}\n`);
    passed &&= outcome.lines.every(({ pass }) => pass);
  }
  return passed ? 0 : 4;
}

async function measure(part: Part): Promise<Outcome> {
  const from = performance.now();
  const lines: Line[] = [];
  for await (const line of part.run(say)) {
    say("");
    lines.push(line);
    process.stdout.write(`${line.pass ? "pass" : "FAIL"}  ${line.what}: ${line.measured} (${line.target})\n`);
  }
  return { part: part.name, lines, tookMs: performance.now() - from };
}

function usage(): string {
  const known = CAPABILITIES.map((capability) => {
    const { name, summary } = capability;
    const parts = partsOf(capability);
    const named = parts.length > 1 ? `\n${" ".repeat(10)}parts: ${parts.map((part) => part.name).join(" ")}` : "";
    return `  ${name.padEnd(8)}${summary}${named}`;
  });
  return `npm run accept -- <capability> [PART…], one of:\n${known.join("\n")}\n`;
}

function say(progress: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${progress}`);
  else if (progress !== "") process.stderr.write(`${progress}\n`);
}

process.exitCode = await main(process.argv[2], process.argv.slice(3));
