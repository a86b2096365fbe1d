import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { arch, cpus, release, totalmem } from "node:os";
import { fileURLToPath } from "node:url";

/** One figure held against its target. */
export interface Line {
  readonly what: string;
  readonly measured: number | string | boolean;
  readonly target: string;
  readonly pass: boolean;
}

export interface Capability {
  readonly name: string;
  readonly summary: string;
  /** @param say tells whoever watches how far it is. */
  run(say: (progress: string) => void): AsyncGenerator<Line>;
}

function git(...args: string[]): string {
  return execFileSync("git", args, { encoding: "utf8" }).trim();
}

/** Writes docs/acceptance/<capability>.json: every line with the commit and the machine it was measured on. */
export function record(capability: Capability, lines: readonly Line[], tookMs: number): string {
  const folder = fileURLToPath(new URL("../../docs/acceptance", import.meta.url));
  mkdirSync(folder, { recursive: true });
  const [cpu] = cpus();
  const page = {
    capability: capability.name,
    summary: capability.summary,
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
  const path = `${folder}/${capability.name}.json`;
  writeFileSync(path, `${JSON.stringify(page, null, 2)}\n`);
  return path;
}
