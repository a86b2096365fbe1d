import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { isDeepStrictEqual } from "node:util";
import { bareEnvironment } from "../../lib/bare-environment.ts";
import { programFile } from "../../lib/package-files.ts";
import { hangLimitMs } from "../../lib/slowness.ts";
import { tetheredNode } from "../../lib/tether.ts";
import { stampsIn } from "./newest.ts";
import type { WholeFolder } from "./newest.ts";

const PROGRAM = programFile("daemon/prepared/check-child");
/** A gigabyte on a slow disk takes as long; then the daemon reads it itself, as if nobody had begun. */
const PATIENCE_MS = hangLimitMs(3000);

/**
 * Has what was prepared last read to the last byte by a process of its own, while the daemon is still being loaded and
 * reads the model: 110 MB take 75 ms of the loop at a moment when all else waits for it. What it says counts for as long
 * as no file of the folder has changed since before it was read.
 */
export class EarlyCheck {
  readonly #child: ChildProcess | undefined;
  readonly #found: Promise<WholeFolder | undefined>;

  /** Never throws: without a process nothing is known early. @param dir of all prepared folders. */
  constructor(dir: string) {
    this.#child = start(dir);
    this.#found = this.#child ? answerOf(this.#child) : Promise.resolve(undefined);
  }

  /** Its process is gone, and takes no memory. */
  async over(): Promise<void> {
    await this.#found;
  }

  /** Whether the folder is known to be as it was sealed; where it is not, somebody has to look. */
  async isWhole(folder: string): Promise<boolean> {
    const found = await this.#found;
    return found?.folder === folder && isDeepStrictEqual(stampsIn(folder), found.stamps);
  }
}

function start(dir: string): ChildProcess | undefined {
  try {
    const { execPath, execArgv } = tetheredNode();
    return spawn(execPath, [...execArgv, PROGRAM, dir], {
      stdio: ["ignore", "pipe", "ignore"],
      env: bareEnvironment(),
    });
  } catch {
    return undefined;
  }
}

function answerOf(child: ChildProcess): Promise<WholeFolder | undefined> {
  return new Promise((resolve) => {
    const late = setTimeout(() => {
      child.kill("SIGKILL");
      resolve(undefined);
    }, PATIENCE_MS);
    const end = (found: WholeFolder | undefined): void => {
      clearTimeout(late);
      resolve(found);
    };
    let text = "";
    child.stdout?.setEncoding("utf8").on("data", (part: string) => (text += part));
    child.once("error", () => end(undefined));
    child.once("close", (code) => end(code === 0 && text !== "" ? (JSON.parse(text) as WholeFolder) : undefined));
  });
}
