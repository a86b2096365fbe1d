import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { CombotError } from "../errors.ts";
import { kilobytesIn } from "../kernel-files.ts";
import { packageFile } from "../package-files.ts";
import { tetheredNode } from "../tether.ts";
import { formatBytes } from "../units.ts";

export interface OwnProgram {
  /** As bin/alone.js knows it. */
  readonly name: "model-check" | "model-eval" | "model-train" | "plan";
  readonly request: object;
  /** What did not come about, where it takes too long. */
  readonly what: string;
  /** Undefined: as long as it takes. */
  readonly timeoutMs?: number | undefined;
  /** Where it has more resident memory than this, it is ended. */
  readonly mostBytes?: number | undefined;
  /** Told what it does next, in words, and in which step that is. */
  readonly onStage: (stage: string, step: string) => void;
}

/**
 * Has a program of ours do its work in a process of its own, which ends with this one.
 *
 * @returns the document that it wrote. @throws {CombotError} `DEADLINE_EXCEEDED`, `NO_PROCESS`, `INTERNAL` where it wrote none.
 */
export async function askProgram({ name, request, what, timeoutMs, mostBytes, onStage }: OwnProgram): Promise<unknown> {
  const child = fork(packageFile("bin/alone.js"), [name, JSON.stringify(request)], {
    ...tetheredNode(),
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    // A session of its own, which it may put behind all others.
    detached: true,
  });
  child.on("message", (message) => {
    const { stage, step } = message as { readonly stage: string; readonly step?: string };
    onStage(stage, step ?? "");
  });
  let isLate = false;
  // It ends its worker and then itself when nobody listens any more.
  const deadline = timeoutMs === undefined ? undefined : setTimeout(giveUp, timeoutMs);
  function giveUp(): void {
    isLate = true;
    if (child.connected) child.disconnect();
  }
  const watch = mostBytes === undefined ? undefined : new MemoryWatch(child, mostBytes);
  try {
    const output = await outputOf(child);
    if (watch?.isOver)
      throw new CombotError("NO_PROCESS", `${what}: it takes more than ${formatBytes(mostBytes ?? 0)} of memory`);
    if (isLate) throw new CombotError("DEADLINE_EXCEEDED", `${what} within ${(timeoutMs ?? 0) / 1000} s`);
    if (output.end === "SIGKILL")
      throw new CombotError("NO_PROCESS", `${what}: its process was killed, as the kernel does where memory runs out`);
    return parseOutput(output);
  } finally {
    clearTimeout(deadline);
    watch?.stop();
  }
}

const LOOK_EVERY_MS = 200;

/** From outside: a program that computes without a pause can't look itself, and memory of arrays is none of V8's. */
class MemoryWatch {
  isOver = false;
  readonly #timer: NodeJS.Timeout;

  constructor(child: ChildProcess, mostBytes: number) {
    this.#timer = setInterval(() => {
      if (residentBytes(child.pid) <= mostBytes) return;
      this.isOver = true;
      child.kill("SIGKILL");
    }, LOOK_EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** 0 where it has ended; one that nobody has reaped yet has a status without it. */
function residentBytes(pid: number | undefined): number {
  try {
    return kilobytesIn(readFileSync(`/proc/${pid}/status`, "utf8"))("VmRSS") || 0;
  } catch {
    return 0;
  }
}

interface Output {
  readonly stdout: string;
  readonly stderr: string;
  readonly end: string;
}

async function outputOf(child: ChildProcess): Promise<Output> {
  // Not `close`, which doesn't come where we have disconnected.
  const ended = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  const read = (stream: ChildProcess["stdout"]): Promise<string> => (stream ? text(stream) : Promise.resolve(""));
  const [[status, signal], stdout, stderr] = await Promise.all([ended, read(child.stdout), read(child.stderr)]);
  return { stdout, stderr, end: signal ?? `status ${status}` };
}

/** What the runtime writes to stderr is told only where nothing else is. */
function parseOutput({ stdout, stderr, end }: Output): unknown {
  try {
    return JSON.parse(stdout);
  } catch (error) {
    throw new CombotError("INTERNAL", `the program ended with ${end} and no result: ${stderr.trim()}`, {
      cause: error,
    });
  }
}
