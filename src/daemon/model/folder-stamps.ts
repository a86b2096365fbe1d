import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { systemCodeOf } from "../../lib/errors.ts";
import type { Stamps } from "./seal-protocol.ts";

/** As `stampOf` writes it. */
const FORMAT = "%d:%i:%s:%.9Y:%.9Z %n\\0";

type Found = Stamps | "silent" | "unknown" | "refused";

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
   * this machine has no `stat` to ask with; `refused` where it has no process for it now, or somebody killed that.
   */
  async read(dir: string, names: readonly string[]): Promise<Found> {
    if (this.#child) return "silent";
    const paths = new Map(names.map((name) => [join(dir, name), name]));
    const child = startStat([...paths.keys()]);
    if (!child) return "refused";
    this.#child = child;
    child.once("exit", () => (this.#child = undefined));
    return this.#answerOf(child, paths);
  }

  #answerOf(child: ChildProcess, paths: ReadonlyMap<string, string>): Promise<Found> {
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
      child.once("close", (_, signal) => {
        clearTimeout(late);
        resolve(signal === null ? parse(output, paths) : "refused");
      });
      child.once("error", (error) => {
        this.#child = undefined;
        clearTimeout(late);
        resolve(systemCodeOf(error) === "ENOENT" ? "unknown" : "refused");
      });
    });
  }
}

/** Undefined where the system refuses, as some of its codes are thrown and not told by an event. */
function startStat(paths: readonly string[]): ChildProcess | undefined {
  try {
    return spawn("stat", ["-L", `--printf=${FORMAT}`, "--", ...paths], {
      stdio: ["ignore", "pipe", "ignore"],
      env: { PATH: process.env["PATH"], LC_ALL: "C" },
    });
  } catch {
    return undefined;
  }
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
