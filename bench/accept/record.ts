import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { arch, cpus, release, totalmem } from "node:os";
import { fileURLToPath } from "node:url";

/** One figure held against its target. */
export interface Line {
  readonly what: string;
  readonly measured: number | string | boolean;
  readonly target: string;
  readonly pass: boolean;
}

/** What is measured in one go. */
export interface Part {
  readonly name: string;
  /** @param say tells whoever watches how far it is. */
  run(say: (progress: string) => void): AsyncGenerator<Line>;
}

/** Measured whole, or in parts that can be measured by themselves. */
export type Capability = { readonly name: string; readonly summary: string } & (
  Pick<Part, "run"> | { readonly parts: readonly Part[] }
);

export function partsOf(capability: Capability): readonly Part[] {
  return "parts" in capability ? capability.parts : [{ name: "all", run: capability.run }];
}

/** What came of a part. */
export interface Outcome {
  readonly part: string;
  readonly lines: readonly Line[];
  readonly tookMs: number;
}

interface RecordedPart {
  readonly part: string;
  readonly pass: boolean;
  readonly [figure: string]: unknown;
}

function git(...args: string[]): string {
  return execFileSync("git", args, { encoding: "utf8" }).trim();
}

/**
 * Writes docs/acceptance/<capability>.json: of each part the last outcome, with the commit and the machine it was
 * measured on; other parts stay as they were, those that are no more go.
 */
export function record(capability: Capability, outcome: Outcome): string {
  const { name, summary } = capability;
  const parts = partsOf(capability);
  const folder = fileURLToPath(new URL("../../docs/acceptance", import.meta.url));
  mkdirSync(folder, { recursive: true });
  const path = `${folder}/${name}.json`;
  const recorded = new Map(readParts(path).map((part) => [part.part, part]));
  recorded.set(outcome.part, pageOf(outcome));
  const pages = parts.flatMap((part) => recorded.get(part.name) ?? []);
  const page = {
    capability: name,
    summary,
    pass: pages.length === parts.length && pages.every(({ pass }) => pass),
    parts: pages,
  };
  writeFileSync(path, `${JSON.stringify(page, null, 2)}\n`);
  return path;
}

function pageOf({ part, lines, tookMs }: Outcome): RecordedPart {
  const [cpu] = cpus();
  return {
    part,
    at: new Date().toISOString(),
    commit: git("rev-parse", "HEAD"),
    uncommittedChanges: git("status", "--porcelain", "--", "src", "bin", "models") !== "",
    machine: {
      cpu: cpu?.model ?? "",
      cores: cpus().length,
      memoryBytes: totalmem(),
      kernel: `${release()} ${arch()}`,
      node: process.version,
    },
    tookSeconds: Math.round(tookMs / 1000),
    pass: lines.every(({ pass }) => pass),
    lines,
  };
}

function readParts(path: string): readonly RecordedPart[] {
  if (!existsSync(path)) return [];
  return (JSON.parse(readFileSync(path, "utf8")) as { parts?: readonly RecordedPart[] }).parts ?? [];
}
