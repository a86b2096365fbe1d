import { spawn } from "node:child_process";
import type { ChildProcess, SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** A process that talks to its test in lines; killed, at the latest, when the test ends. */
export class Child {
  readonly process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(command: string, args: readonly string[], options: SpawnOptions = {}) {
    this.process = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"], ...options });
    this.#lines = createInterface({ input: this.process.stdout as Readable })[Symbol.asyncIterator]();
    onTestFinished(() => this.kill());
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  /** What it says next, as JSON. */
  async says<T>(): Promise<T> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("the child ended without a word");
    return JSON.parse(value) as T;
  }

  tell(line: string): void {
    this.process.stdin?.write(`${line}\n`);
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const exited = once(this.process, "exit");
    this.process.kill(signal);
    await exited;
  }
}

export interface Outcome {
  readonly state: "ready" | "up" | "locked" | "refused";
  readonly pid: number;
  readonly code?: string;
  readonly message?: string;
}

const LISTENER = fileURLToPath(new URL("listening-child.ts", import.meta.url));

/** A process that listens at `path` when it is told `go`; see listening-child.ts. */
export function listeningChild(path: string, task: "listen" | "lock" = "listen"): Child {
  return new Child(process.execPath, [LISTENER, path, task]);
}

/** The same, listening. */
export async function startListening(path: string): Promise<Child> {
  const child = listeningChild(path);
  await child.says<Outcome>();
  child.tell("go");
  const outcome = await child.says<Outcome>();
  if (outcome.state !== "up") throw new Error(outcome.message);
  return child;
}
