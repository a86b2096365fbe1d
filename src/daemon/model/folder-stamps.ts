import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import { join } from "node:path";
import { systemCodeOf } from "../../lib/errors.ts";
import type { Stamps } from "./seal-protocol.ts";

/** As `stampOf` writes it. */
const FORMAT = "%d:%i:%s:%.9Y:%.9Z %n\\0";
/** Looks once for each line that it is given, and ends with its input. A stamp begins with a number, an end never does. */
const PROGRAM = `while read -r _; do stat -L --printf='${FORMAT}' -- "$@"; printf 'end %d\\0' "$?"; done`;
const END = /(?:^|\0)end (\d+)\0$/;
/** What a shell says of a program that isn't there; above it, of one that was killed. */
const NOT_FOUND = 127;

type Found = Stamps | "silent" | "unknown" | "refused";
type Ended = Exclude<Found, Stamps | "silent">;

/**
 * What looks at files is a process of its own: a file system that doesn't answer would hold a thread of ours for good.
 * It stays for the next time, because to start one takes the event loop milliseconds, the more the more memory is ours.
 */
export class StampReader {
  readonly #silenceMs: number;
  #looker: Looker | undefined;

  constructor(silenceMs: number) {
    this.#silenceMs = silenceMs;
  }

  /**
   * Stamps of files of a folder, links followed; one call at a time.
   *
   * @returns `silent` where the file system doesn't answer, or has not yet let go of who asked before; `unknown` where
   * this machine has no `stat` to ask with; `refused` where it has no process for it now, or somebody killed that.
   */
  async read(dir: string, names: readonly string[]): Promise<Found> {
    const paths = names.map((name) => join(dir, name));
    if (this.#looker && !this.#looker.isSilent && !this.#looker.looksAt(paths)) this.stop();
    this.#looker ??= Looker.start(paths, (gone) => this.#looker === gone && (this.#looker = undefined));
    if (!this.#looker) return "refused";
    if (this.#looker.isSilent) return "silent";
    const found = await this.#looker.look(this.#silenceMs);
    return typeof found === "string" ? found : stampsOf(found, dir, names);
  }

  stop(): void {
    this.#looker?.end();
    this.#looker = undefined;
  }
}

/** A process that looks at these files as often as it is asked. */
class Looker {
  readonly #paths: readonly string[];
  readonly #child: ChildProcess;
  #output = "";
  #told: (found: ReadonlyMap<string, string> | Ended) => void = () => undefined;
  #isSilent = false;

  private constructor(paths: readonly string[], child: ChildProcess) {
    this.#paths = paths;
    this.#child = child;
    child.stdout?.setEncoding("utf8").on("data", (text: string) => this.#heard(text));
    // It is told by its exit.
    child.stdin?.on("error", () => undefined);
  }

  /** @param onGone called when nothing of it is left. @returns undefined where the system has no process for it. */
  static start(paths: readonly string[], onGone: (looker: Looker) => void): Looker | undefined {
    const child = startShell(paths);
    if (!child) return undefined;
    const looker = new Looker(paths, child);
    let isGone = false;
    const gone = (why: Ended): void => {
      if (isGone) return;
      isGone = true;
      onGone(looker);
      looker.#told(why);
    };
    child.once("error", (error) => gone(systemCodeOf(error) === "ENOENT" ? "unknown" : "refused"));
    // Not its exit: what it started has its output as well, and a file system may still hold that.
    child.once("close", () => gone("refused"));
    return looker;
  }

  /** It was asked, and has never answered. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  looksAt(paths: readonly string[]): boolean {
    return paths.length === this.#paths.length && paths.every((path, at) => path === this.#paths[at]);
  }

  /** Stamps by their paths; files that aren't there are not among them. */
  look(silenceMs: number): Promise<ReadonlyMap<string, string> | Ended | "silent"> {
    this.#output = "";
    this.#child.stdin?.write("\n");
    return new Promise((resolve) => {
      const late = setTimeout(() => {
        this.#isSilent = true;
        this.#kill();
        resolve("silent");
      }, silenceMs);
      this.#told = (found) => {
        clearTimeout(late);
        resolve(found);
      };
    });
  }

  end(): void {
    this.#child.removeAllListeners("close").stdin?.end();
  }

  #heard(text: string): void {
    this.#output += text;
    const status = END.exec(this.#output)?.[1];
    if (status === undefined) return;
    if (Number(status) < NOT_FOUND) return this.#told(byPath(this.#output));
    this.#told(Number(status) === NOT_FOUND ? "unknown" : "refused");
  }

  /** With what it waits for. The kernel may not let that go: nobody waits for it. */
  #kill(): void {
    const { pid } = this.#child;
    // Nobody: group 0 would be our own.
    if (pid === undefined) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch (error) {
      if (systemCodeOf(error) !== "ESRCH") throw error;
    }
  }
}

/** Undefined where the system refuses, as some of its codes are thrown and not told by an event. */
function startShell(paths: readonly string[]): ChildProcess | undefined {
  try {
    const child = spawn("sh", ["-c", PROGRAM, "sh", ...paths], {
      stdio: ["pipe", "pipe", "ignore"],
      env: { PATH: process.env["PATH"], LC_ALL: "C" },
      // A group of its own, to be killed with what it has started.
      detached: true,
    });
    // Nothing of it holds up our end.
    child.unref();
    for (const pipe of [child.stdin, child.stdout]) (pipe as Socket | null)?.unref();
    return child;
  } catch {
    return undefined;
  }
}

function byPath(output: string): Map<string, string> {
  const stamps = new Map<string, string>();
  for (const entry of output.split("\0")) {
    const space = entry.indexOf(" ");
    if (space > 0) stamps.set(entry.slice(space + 1), entry.slice(0, space));
  }
  return stamps;
}

function stampsOf(found: ReadonlyMap<string, string>, dir: string, names: readonly string[]): Stamps {
  return Object.fromEntries(names.map((name) => [name, found.get(join(dir, name)) ?? null]));
}
