import { type ChildProcess, spawn, type SpawnOptions, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";

const ROOT = join(import.meta.dirname, "../../..");
export const MANIFEST = join(ROOT, "oclif.manifest.json");
const RUN = join(ROOT, "bin/run.js");

export interface Finished {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** These tests run what users run: the build. */
export function requireBuild(): void {
  for (const path of [MANIFEST, join(ROOT, "dist/commands/status.js")]) {
    if (!existsSync(path)) throw new Error(`${path} is missing: npm run build makes it`);
  }
}

/** Nothing of this shell's settings, and no colour unless a test asks for it. */
function environment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, ...more };
}

/** The CLI as a child, killed at the end of the test if it still runs. */
export function startCli(args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  return start(process.execPath, [RUN, ...args], options);
}

/** util-linux's script, which runs a command on a terminal of its own. */
export const HAS_TERMINALS = spawnSync("script", ["--version"]).status === 0;

/** The CLI on a terminal: what is written to the child's stdin is typed, and stdout has all that is shown. */
export function startCliOnTerminal(args: readonly string[]): ChildProcess {
  const command = [process.execPath, RUN, ...args].map((word) => `'${word}'`).join(" ");
  return start("script", ["--quiet", "--return", "--command", command, "/dev/null"], { stdio: "pipe" });
}

function start(command: string, args: readonly string[], { env, ...options }: SpawnOptions): ChildProcess {
  const child = spawn(command, args, { ...options, env: environment(env) });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

export async function runCli(args: readonly string[], { input, env }: RunOptions = {}): Promise<Finished> {
  const stdin = input === undefined ? "ignore" : "pipe";
  return finish(startCli(args, { stdio: [stdin, "pipe", "pipe"], ...(env && { env }) }), input);
}

/** Waits until the child has ended and all of its output is read. */
export async function finish(child: ChildProcess, input?: string): Promise<Finished> {
  const ended = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  child.stdin?.on("error", () => {});
  if (input !== undefined) child.stdin?.end(input);
  const [[status, signal], stdout, stderr] = await Promise.all([
    ended,
    child.stdout ? text(child.stdout) : "",
    child.stderr ? text(child.stderr) : "",
  ]);
  return { status, signal, stdout, stderr };
}

/** What it wrote until then; it is ended by that. */
export function untilShown(child: ReturnType<typeof startCli>, pattern: RegExp): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (piece: string) => {
    text += piece;
    if (!pattern.test(text)) return;
    child.kill("SIGTERM");
    resolve(text);
  });
  child.once("exit", () => reject(new Error(`it ended before it showed ${pattern}: ${text}`)));
  return promise;
}
