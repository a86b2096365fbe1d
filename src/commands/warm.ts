import { readFileSync } from "node:fs";
import * as Flags from "@oclif/core/flags";
import { ClientCommand } from "../lib/cli/client-command.ts";
import { LiveLine } from "../lib/cli/live-line.ts";
import { CombotError } from "../lib/errors.ts";
import type { WarmProgress, WarmRequest, WarmResult } from "../lib/protocol/warm.ts";
import { renderWarm, renderWarmProgress } from "../lib/render/warm.ts";
import { namedFileFailure } from "../lib/system-errors.ts";

/** Texts of one call, as the daemon takes them. */
const TEXTS_A_CALL = 256;
/** UTF-16 units of one call: they are at most 3 bytes each, or 6 where JSON escapes them, and a call takes 1 MiB. */
const UNITS_A_CALL = 150_000;
const EXIT_STOPPED = 4;

export default class Warm extends ClientCommand {
  static override summary = "Fill the cache before anybody asks.";
  static override description = `With --file with the texts of a file, a text a line; else with those that the journal has seen most often, which it keeps with JOURNAL_TEXT=on. Live traffic comes first, and at the memory level warning it ends, with 4. Ctrl-C stops it; what was computed stays. Takes the control socket.`;
  static override examples = [
    { description: "What is asked most.", command: "<%= config.bin %> <%= command.id %>" },
    { description: "The questions of a file.", command: "<%= config.bin %> <%= command.id %> --file questions.txt" },
  ];

  static override flags = {
    file: Flags.string({ description: "A text a line; - reads standard input.", helpValue: "FILE" }),
  };

  async run(): Promise<WarmResult> {
    const { flags } = await this.parse(Warm);
    const client = this.client(flags.socket);
    const line = new LiveLine(process.stderr, () => performance.now());
    const requests = flags.file === undefined ? [{}] : requestsOf(textsOf(flags.file));
    const all = requests.reduce((sum, { texts = [] }) => sum + texts.length, 0);
    let result: WarmResult = { ...NOTHING, total: all, stopped: null, durationMs: 0 };
    try {
      for (const body of requests) {
        const before = result;
        for await (const { event, data } of client.follow("warm", { body })) {
          const sum = { ...added(before, data), total: Math.max(all, data.total) };
          if (event === "done")
            result = { ...sum, stopped: data.stopped, durationMs: before.durationMs + data.durationMs };
          else if (!this.jsonEnabled()) line.show(renderWarmProgress(sum));
        }
        if (result.stopped !== null) break;
      }
    } finally {
      line.end();
    }
    if (result.stopped !== null) process.exitCode = EXIT_STOPPED;
    this.print(renderWarm(result));
    return result;
  }
}

const NOTHING: WarmProgress = { total: 0, done: 0, computed: 0, known: 0, skipped: 0, failed: 0 };

function added(one: WarmProgress, other: WarmProgress): WarmProgress {
  const sum = { ...one };
  for (const name of Object.keys(NOTHING) as (keyof WarmProgress)[]) sum[name] = one[name] + other[name];
  return sum;
}

/** @throws {CombotError} `USAGE` */
function textsOf(file: string): string[] {
  let content: string;
  try {
    content = readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (thrown) {
    throw namedFileFailure(`--file ${file}`, thrown);
  }
  const texts = content.split("\n").filter((line) => line.trim() !== "");
  if (texts.length === 0) throw new CombotError("USAGE", `--file ${file}: there is no text in it.`);
  const tooLong = texts.findIndex((text) => text.length > UNITS_A_CALL);
  if (tooLong !== -1)
    throw new CombotError("USAGE", `--file ${file}: text ${tooLong + 1} is longer than a call may be.`);
  return texts;
}

function requestsOf(texts: readonly string[]): WarmRequest[] {
  const requests: string[][] = [];
  let units = Infinity;
  for (const text of texts) {
    const last = requests.at(-1);
    if (!last || last.length === TEXTS_A_CALL || units + text.length > UNITS_A_CALL) {
      requests.push([text]);
      units = text.length;
    } else {
      last.push(text);
      units += text.length;
    }
  }
  return requests.map((some) => ({ texts: some }));
}
