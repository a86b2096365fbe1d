import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { messageOf, systemCodeOf } from "../errors.ts";
import { readLogLine } from "../monitor/log-line.ts";
import type { LogLine, LogTail } from "../monitor/log-line.ts";

const UNIT = "combot-enhanced";
const MINUTE_MS = 60_000;
const KEPT = 500;
const AT_FIRST = 200;
/** News that come together are shown together. */
const NEWS_MS = 100;
/** After which a follower that has said nothing has nothing to say. */
const SILENT_MS = 1500;
const NOTHING = `journald has nothing of ${UNIT} here: the log of a daemon that systemd doesn't run goes where that one was started`;

type Journalctl = ChildProcessByStdio<null, Readable, Readable>;

/** The daemon's log as journald has it: as it is written, or of one minute of the past. */
export class LogFollower {
  readonly #onNews: () => void;
  readonly #none: string | undefined;
  #child: Journalctl | undefined;
  /** Which log is followed: a minute's beginning, null for now, undefined for none. */
  #of: number | null | undefined;
  #lines: LogLine[] = [];
  #fault: string | undefined;
  #isTelling = false;

  /** @param none why there is no log here. */
  constructor(onNews: () => void, none?: string) {
    this.#onNews = onNews;
    this.#none = none;
  }

  /** Undefined until something is known. */
  get tail(): LogTail | undefined {
    if (this.#lines.length === 0 && this.#fault === undefined) return undefined;
    return { lines: this.#lines, ...(this.#fault !== undefined && { fault: this.#fault }) };
  }

  /** @param pastMs where the minute begins; null: now, as it goes on. */
  follow(pastMs: number | null): void {
    if (this.#of === pastMs) return;
    this.stop();
    this.#of = pastMs;
    if (this.#none !== undefined) {
      this.#fault = this.#none;
      return this.#tellLater();
    }
    const span =
      pastMs === null
        ? [`--lines=${AT_FIRST}`, "--follow"]
        : [`--since=@${pastMs / 1000}`, `--until=@${(pastMs + MINUTE_MS) / 1000}`, `--lines=${KEPT}`];
    this.#run([`--unit=${UNIT}`, "--output=cat", "--no-pager", ...span]);
  }

  /** Also at the end of this process: nobody else would end the other one. */
  stop(): void {
    this.#child?.kill("SIGTERM");
    this.#child = undefined;
    this.#of = undefined;
    this.#lines = [];
    this.#fault = undefined;
  }

  #run(args: readonly string[]): void {
    const child: Journalctl = spawn("journalctl", args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    // It goes on where it has found nothing: there may be something later.
    child.stderr.setEncoding("utf8").on("data", (text: string) => this.#fail(child, text.trim().split("\n")[0] ?? ""));
    setTimeout(() => this.#fail(child, NOTHING), SILENT_MS).unref();
    createInterface({ input: child.stdout }).on("line", (line) => {
      // What is not of the log begins so: "-- No entries --", "-- Boot … --".
      if (this.#child === child && !line.startsWith("-- ")) this.#take(line);
    });
    child.on("error", (error) =>
      this.#fail(child, `journalctl can't be run: ${systemCodeOf(error) ?? messageOf(error)}`),
    );
    child.on("close", () => this.#fail(child, NOTHING));
  }

  #take(line: string): void {
    this.#lines.push(readLogLine(line));
    if (this.#lines.length > KEPT) this.#lines.shift();
    this.#tellLater();
  }

  /** What was said when it ended counts where there are no lines. */
  #fail(child: Journalctl, why: string): void {
    if (this.#child !== child) return;
    this.#fault ??= why;
    this.#tellLater();
  }

  #tellLater(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    setTimeout(() => {
      this.#isTelling = false;
      this.#onNews();
    }, NEWS_MS);
  }
}
