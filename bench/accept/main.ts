import { relative } from "node:path";
import { memory } from "./capabilities/memory.ts";
import { models } from "./capabilities/models.ts";
import { serve } from "./capabilities/serve.ts";
import { record } from "./record.ts";
import type { Capability, Line } from "./record.ts";

/** Measures times, rates and soaks that tests must not assert: `npm run accept -- <capability>`. */
const CAPABILITIES: readonly Capability[] = [serve, models, memory];

async function main(name: string | undefined): Promise<number> {
  const capability = CAPABILITIES.find((one) => one.name === name);
  if (!capability) {
    const known = CAPABILITIES.map((one) => `  ${one.name}  ${one.summary}`).join("\n");
    process.stderr.write(`npm run accept -- <capability>, one of:\n${known}\n`);
    return 2;
  }
  const from = performance.now();
  const lines: Line[] = [];
  for await (const line of capability.run(say)) {
    say("");
    lines.push(line);
    process.stdout.write(`${line.pass ? "pass" : "FAIL"}  ${line.what}: ${line.measured} (${line.target})\n`);
  }
  const path = record(capability, lines, performance.now() - from);
  process.stdout.write(`\n${relative(process.cwd(), path)}\n`);
  return lines.every(({ pass }) => pass) ? 0 : 4;
}

function say(progress: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${progress}`);
  else if (progress !== "") process.stderr.write(`${progress}\n`);
}

process.exitCode = await main(process.argv[2]);
