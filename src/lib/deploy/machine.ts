import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CombotError } from "../errors.ts";
import { hangLimitMs } from "../slowness.ts";

export interface CommandResult {
  readonly status: number;
  /** stdout and stderr as they came. */
  readonly output: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = hangLimitMs(120_000);

/** Runs a command; its failure is a result. A command that is not there has status 127. */
export async function tryCommand(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<CommandResult> {
  const { execa } = await import("execa");
  const { input = "", timeoutMs = TIMEOUT_MS } = options;
  const env = { LC_ALL: "C.UTF-8", SYSTEMD_PAGER: "", SYSTEMD_COLORS: "0" };
  const result = await execa(command, args, { input, env, all: true, reject: false, timeout: timeoutMs });
  const { all, exitCode, timedOut } = result;
  const output = timedOut ? `${all}\nno end within ${timeoutMs / 1000} s` : all;
  return { status: exitCode ?? (result.code === "ENOENT" ? 127 : 1), output: output.trim() };
}

/** Runs a command that has to succeed. @throws {CombotError} `DEPLOY_FAILED` with what it said. */
export async function runCommand(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { status, output } = await tryCommand(command, args, options);
  if (status === 0) return output;
  throw new CombotError(
    "DEPLOY_FAILED",
    `${[command, ...args].join(" ")} ended with ${status}: ${output || "no output"}`,
  );
}

/** Paths of the machine, below the folder that --root names. */
export class Root {
  /** `/` for the machine itself. */
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  get isMachine(): boolean {
    return this.folder === "/";
  }

  at(path: string): string {
    return this.isMachine ? path : join(this.folder, path);
  }
}

/** Users or groups of the machine by name: `/etc/passwd` and `/etc/group` have the system's own. */
export function idsByName(path: "/etc/passwd" | "/etc/group"): ReadonlyMap<string, number> {
  if (!existsSync(path)) return new Map();
  const rows = readFileSync(path, "utf8").split("\n");
  return new Map(rows.map((row) => row.split(":")).map(([name = "", , id]) => [name, Number(id)]));
}
