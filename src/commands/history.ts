import * as Flags from "@oclif/core/flags";
import { ClientCommand, timeoutFlag, toMs } from "../lib/cli/client-command.ts";
import { parseSince, parseStep } from "../lib/cli/since.ts";
import type { HistoryReply } from "../lib/protocol/history.ts";
import type { HistoryView } from "../lib/render/history.ts";
import { stepFor, strokesFor } from "../lib/render/history-steps.ts";

const DEFAULT_SINCE = "24h";
const DEFAULT_COLUMNS = 100;
const MOST_STEP_SECONDS = 86_400;

export default class History extends ClientCommand {
  static override summary = "Show how it went: usage, hit rate, latency and recycles over the last hours.";
  static override description = `From the journal, which has a row a minute for as long as JOURNAL_RETENTION_DAYS says. A stretch over several minutes has the sum of their counts, and the worst of their latencies, levels and usages; p99 is that of the slowest class of answers. With --model it is one model's: what it was asked, what that took, when it was loaded and when it made room for another; p99 is that of the answers that were computed. Where the daemon did not run there is a gap.`;
  static override examples = [
    { description: "The last day.", command: "<%= config.bin %> <%= command.id %>" },
    { description: "The last two hours, minute by minute.", command: "<%= config.bin %> <%= command.id %> --since 2h" },
    {
      description: "Every quarter of an hour with errors, for a script.",
      command: `<%= config.bin %> <%= command.id %> --step 15m --json | jq ".points[] | select(.errors > 0)"`,
    },
    { description: "Of one of several models.", command: "<%= config.bin %> <%= command.id %> --model sentiment" },
  ];

  static override flags = {
    since: Flags.string({
      description: "From then on: a time ago (15m, 2h, 3d) or RFC 3339.",
      helpValue: "TIME",
      default: DEFAULT_SINCE,
    }),
    step: Flags.string({
      description: "What a point stands for: 1m to 24h, in whole minutes. Default: as many as fit the terminal.",
      helpValue: "TIME",
    }),
    model: Flags.string({
      description: "Of this model alone. Default: of all together.",
      helpValue: "NAME",
    }),
    timeout: timeoutFlag("none"),
  };

  async run(): Promise<HistoryReply> {
    const { flags } = await this.parse(History);
    const nowMs = Date.now();
    const since = parseSince(flags.since, nowMs);
    const width = process.stdout.columns || DEFAULT_COLUMNS;
    const fitting = Math.min(MOST_STEP_SECONDS, stepFor(nowMs - Date.parse(since), strokesFor(width)) / 1000);
    const step = flags.step === undefined ? fitting : parseStep(flags.step);
    const query = { since, step: String(step), ...(flags.model !== undefined && { model: flags.model }) };
    const reply = await this.client(flags.socket).call("metricsHistory", { query, timeoutMs: toMs(flags.timeout) });
    if (!this.jsonEnabled()) this.print(await toText(reply, { nowMs, width }));
    return reply;
  }
}

/** What draws takes 10 ms to load, which those who want JSON need not wait for. */
async function toText(reply: HistoryReply, view: Pick<HistoryView, "nowMs" | "width">): Promise<string> {
  const [{ renderHistory }, { glyphsFor }, { terminalPaint }] = await Promise.all([
    import("../lib/render/history.ts"),
    import("../lib/render/glyphs.ts"),
    import("../lib/cli/terminal-paint.ts"),
  ]);
  const paint = await terminalPaint(process.stdout, process.env);
  return renderHistory(reply, { ...view, glyphs: glyphsFor(process.env), paint });
}
