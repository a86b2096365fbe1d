import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { systemCodeOf } from "../../lib/errors.ts";
import { isFileShortage } from "../../lib/system-errors.ts";
import type { Stamps } from "./seal-protocol.ts";

/** As `stampOf` writes it. */
const FORMAT = "%d:%i:%s:%.9Y:%.9Z %n\\0";

type Untold = "silent" | "unknown" | "unasked";

/** What looks at files is a process of its own: a file system that doesn't answer would hold a thread of ours for good. */
export class StampReader {
  readonly #silenceMs: number;
  #child: ChildProcess | undefined;

  constructor(silenceMs: number) {
    this.#silenceMs = silenceMs;
  }

  /**
   * Stamps of files of a folder, links followed.
   *
   * @returns `silent` where the file system doesn't answer, or has not yet let go of who asked before; `unknown` where
   * this machine has no `stat` to ask with; `unasked` where it was not started for want of descriptors.
   */
  async read(dir: string, names: readonly string[]): Promise<Stamps | Untold> {
    if (this.#child) return "silent";
    const paths = new Map(names.map((name) => [join(dir, name), name]));
    const child = spawn("stat", ["-L", `--printf=${FORMAT}`, "--", ...paths.keys()], {
      stdio: ["ignore", "pipe", "ignore"],
      env: { PATH: process.env["PATH"], LC_ALL: "C" },
    });
    this.#child = child;
    child.once("exit", () => (this.#child = undefined));
    return this.#answerOf(child, paths);
  }

  #answerOf(child: ChildProcess, paths: ReadonlyMap<string, string>): Promise<Stamps | Untold> {
    let output = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (output += text));
    return new Promise((resolve) => {
      const late = setTimeout(() => {
        child.kill("SIGKILL");
        // The kernel may not let it go: nobody waits for it.
        child.stdout?.destroy();
        child.unref();
        resolve("silent");
      }, this.#silenceMs);
      // After its exit, so that the next one may ask at once.
      child.once("close", () => {
        clearTimeout(late);
        resolve(parse(output, paths));
      });
      child.once("error", (error) => {
        this.#child = undefined;
        clearTimeout(late);
        resolve(whyUntold(error));
      });
    });
  }
}

function whyUntold(error: Error): Untold {
  if (isFileShortage(error)) return "unasked";
  return systemCodeOf(error) === "ENOENT" ? "unknown" : "silent";
}

/** Files that aren't there are on no line. */
function parse(output: string, paths: ReadonlyMap<string, string>): Stamps {
  const stamps: Record<string, string | null> = {};
  for (const name of paths.values()) stamps[name] = null;
  for (const entry of output.split("\0")) {
    const space = entry.indexOf(" ");
    const name = paths.get(entry.slice(space + 1));
    if (space > 0 && name !== undefined) stamps[name] = entry.slice(0, space);
  }
  return stamps;
}
