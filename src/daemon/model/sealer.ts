import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { bareEnvironment } from "../../lib/bare-environment.ts";
import { CombotError, messageOf } from "../../lib/errors.ts";
import { failureBy } from "../../lib/system-errors.ts";
import { programFile } from "../../lib/package-files.ts";
import { shortageOf } from "../../lib/shortage.ts";
import { tetheredNode } from "../../lib/tether.ts";
import type { SealAnswers, SealLine, SealRequest } from "./seal-protocol.ts";
import { hangLimitMs } from "../../lib/slowness.ts";

const PROGRAM = programFile("daemon/model/seal-child");
/** Of one piece of a file, or of the folder's list: what takes longer does not answer. */
const SILENCE_MS = hangLimitMs(10_000);
/** Until the process has begun: that says nothing of the folder. */
const START_MS = hangLimitMs(30_000);

/** Before each further try, where the process was refused or killed: that says nothing of the folder. */
const PAUSES_MS = [1000, 2000, 4000];

/**
 * Has a process of its own read a model's folder. One that the file system holds is given up: it ends when it is let go.
 *
 * @throws {CombotError} `MODEL_INVALID`, also where the folder doesn't answer; `NO_ROOM`; `NO_PROCESS` where one try after
 *   the other was refused or killed; `TOO_MANY_FILES`.
 */
export async function askSealer<Request extends SealRequest>(
  request: Request,
  silenceMs = SILENCE_MS,
): Promise<SealAnswers[Request["do"]]> {
  for (const pauseMs of PAUSES_MS) {
    try {
      return await askOnce(request, silenceMs);
    } catch (error) {
      if (!(error instanceof CombotError) || error.code !== "NO_PROCESS") throw error;
      await delay(pauseMs);
    }
  }
  return askOnce(request, silenceMs);
}

/** Whether it was the process that was in the way, and not what it was to read. */
export function isProcessLost(error: unknown): boolean {
  return error instanceof CombotError && (error.code === "NO_PROCESS" || error.code === "TOO_MANY_FILES");
}

function askOnce<Request extends SealRequest>(
  request: Request,
  silenceMs: number,
): Promise<SealAnswers[Request["do"]]> {
  const { promise, resolve, reject } = Promise.withResolvers<SealAnswers[Request["do"]]>();
  let at = "dir" in request ? request.dir : request.store;
  const lose = (why: string, cause?: Error): CombotError =>
    failureBy(cause ?? new Error(why), "NO_PROCESS", `${at} could not be read: the process that read it ended: ${why}`);
  const child = startSealer(request);
  if (child instanceof Error) return Promise.reject(lose(inWords(child), child));
  const giveUp = (why: CombotError): void => {
    settle(() => reject(why));
    child.kill("SIGKILL");
    // The kernel may not let it go: nobody waits for it.
    child.stdout?.destroy();
    child.unref();
  };
  const silent = (): void =>
    giveUp(new CombotError("MODEL_INVALID", `${at}: it was not read within ${silenceMs / 1000} s`));
  let late = setTimeout(() => giveUp(lose(`it did not begin within ${START_MS / 1000} s`)), START_MS);
  const settle = (how: () => void): void => {
    clearTimeout(late);
    how();
  };
  if (child.stdout)
    createInterface({ input: child.stdout }).on("line", (text) => {
      const line = JSON.parse(text) as SealLine;
      if ("at" in line) {
        at = line.at;
        clearTimeout(late);
        late = setTimeout(silent, silenceMs);
      } else if ("error" in line) settle(() => reject(new CombotError(line.error.code, line.error.detail)));
      else settle(() => resolve(line.answer as SealAnswers[Request["do"]]));
    });
  // What is wrong with a folder is answered: one that ends without an answer says nothing of it.
  const ended = (why: string, cause?: Error): void => settle(() => reject(lose(why, cause)));
  child.once("error", (error) => ended(inWords(error), error));
  child.once("close", (code, signal) => ended(signal ?? `status ${code}`));
  return promise;
}

/** What the system refuses is told by an event, or thrown, as its code would have it. */
function startSealer(request: SealRequest): ChildProcess | Error {
  try {
    const { execPath, execArgv } = tetheredNode();
    return spawn(execPath, [...execArgv, PROGRAM, JSON.stringify(request)], {
      stdio: ["ignore", "pipe", "ignore"],
      env: bareEnvironment(),
    });
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error));
  }
}

function inWords(error: Error): string {
  return shortageOf(error) ?? error.message;
}
