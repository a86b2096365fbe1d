import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { CombotError } from "../../lib/errors.ts";
import { failureBy } from "../../lib/system-errors.ts";
import { programFile } from "../../lib/package-files.ts";
import type { SealAnswers, SealLine, SealRequest } from "./seal-protocol.ts";

const PROGRAM = programFile("daemon/model/seal-child");
/** Of one piece of a file, or of the folder's list: what takes longer does not answer. */
const SILENCE_MS = 10_000;

/**
 * Has a process of its own read a model's folder. One that the file system holds is given up: it ends when it is let go.
 *
 * @throws {CombotError} `MODEL_INVALID`, also where the folder doesn't answer; `NO_ROOM`, `TOO_MANY_FILES`
 */
export function askSealer<Request extends SealRequest>(
  request: Request,
  silenceMs = SILENCE_MS,
): Promise<SealAnswers[Request["do"]]> {
  const { promise, resolve, reject } = Promise.withResolvers<SealAnswers[Request["do"]]>();
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(request)], {
    stdio: ["ignore", "pipe", "ignore"],
    env: childEnvironment(),
  });
  let at = "dir" in request ? request.dir : request.store;
  const late = setTimeout(() => {
    settle(() => reject(new CombotError("MODEL_INVALID", `${at}: it was not read within ${silenceMs / 1000} s`)));
    child.kill("SIGKILL");
    // The kernel may not let it go: nobody waits for it.
    child.stdout?.destroy();
    child.unref();
  }, silenceMs);
  const settle = (how: () => void): void => {
    clearTimeout(late);
    how();
  };
  readLines(child, (text) => {
    const line = JSON.parse(text) as SealLine;
    if ("at" in line) {
      at = line.at;
      late.refresh();
    } else if ("error" in line) settle(() => reject(new CombotError(line.error.code, line.error.detail)));
    else settle(() => resolve(line.answer as SealAnswers[Request["do"]]));
  });
  const ended = (why: string, error?: Error): void =>
    settle(() => reject(failureBy(error, "MODEL_INVALID", `${at}: the process that read it ended: ${why}`)));
  child.once("error", (error) => ended(error.message, error));
  child.once("close", (code, signal) => ended(signal ?? `status ${code}`));
  return promise;
}

/** Node makes no pipe for a process that could not be started for want of descriptors, whatever its types say. */
function readLines({ stdout }: ChildProcess, onLine: (line: string) => void): void {
  if (stdout) createInterface({ input: stdout }).on("line", onLine);
}

/** Nothing but what a program needs to run: credentials are the daemon's. */
function childEnvironment(): NodeJS.ProcessEnv {
  const kept = ["PATH", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "NODE_COMPILE_CACHE"];
  return Object.fromEntries(
    kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
