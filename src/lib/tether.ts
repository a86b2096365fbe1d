import { spawn, spawnSync } from "node:child_process";
import { hangLimitMs } from "./slowness.ts";

/** From util-linux (2.33 and later), which Debian, Ubuntu and Amazon Linux have from the start. */
const SETPRIV = "setpriv";
const DIE_WITH_PARENT = ["--pdeathsig", "KILL", "--"];
const PROBE = [...DIE_WITH_PARENT, "true"];
const PROBE_MS = hangLimitMs(1000);

let isThere: boolean | undefined;

export interface Program {
  readonly execPath: string;
  readonly execArgv: string[];
}

/**
 * A Node whose processes the kernel ends when the thread that started them ends, however that comes about. A channel that
 * closes tells only a program that runs: one that hangs in Node's own start, for want of a thread, hears nothing and
 * would stay. Where the machine has no setpriv that can, it is plain Node.
 */
export function tetheredNode(flags: readonly string[] = []): Program {
  if (!canTether()) return { execPath: process.execPath, execArgv: [...flags] };
  return { execPath: SETPRIV, execArgv: [...DIE_WITH_PARENT, process.execPath, ...flags] };
}

/** Finds out what it takes while something else is done: by itself the first who starts a process waits for that, 20 ms. */
export function learnToTether(): Promise<void> {
  if (isThere !== undefined || process.platform !== "linux") return Promise.resolve();
  return new Promise((resolve) => {
    const settle = (status: number | null, error?: Error): void => {
      learn(status, error);
      resolve();
    };
    try {
      const child = spawn(SETPRIV, PROBE, { stdio: "ignore", timeout: PROBE_MS });
      child.once("error", (error) => settle(null, error));
      child.once("exit", (status) => settle(status));
    } catch {
      resolve();
    }
  });
}

/** A machine that has no process to spare just now is asked again. */
function canTether(): boolean {
  if (isThere !== undefined) return isThere;
  if (process.platform !== "linux") return (isThere = false);
  const { error, status } = spawnSync(SETPRIV, PROBE, { stdio: "ignore", timeout: PROBE_MS });
  learn(status, error);
  return isThere ?? false;
}

function learn(status: number | null, error: Error | undefined): void {
  if (status !== null) isThere = status === 0;
  else if (error && "code" in error && error.code === "ENOENT") isThere = false;
}
