import * as Flags from "@oclif/core/flags";
import { ClientCommand } from "../../lib/cli/client-command.ts";
import { readInbox } from "../../lib/cli/inbox-pages.ts";
import { parseSince } from "../../lib/cli/since.ts";
import { terminalPaint } from "../../lib/cli/terminal-paint.ts";
import type { InboxReply } from "../../lib/protocol/inbox.ts";
import { renderInbox } from "../../lib/render/inbox.ts";

const LISTED = 50;
const MOST = 100_000;

export default class Inbox extends ClientCommand {
  static override summary = "Texts that were not understood: unsure or ambiguous, the most frequent first.";
  static override description = `A text is counted each time its answer was decided to be unsure or ambiguous, by the model's combot.json (minScore, minMargin, thresholds) or by what the call asked for; answers from the cache count too. Texts of labels that came with a call, and pairs, do not.

With JOURNAL_TEXT=on the texts are kept, with mail addresses, phone and card numbers and IBANs masked; without it there are counts by label alone. They expire with the journal, JOURNAL_RETENTION_DAYS after they were last asked. Those that were labelled are not listed any more: --labelled shows them. Takes the control socket.`;
  static override examples = [
    { description: "Look.", command: "<%= config.bin %> <%= command.id %>" },
    {
      description: "Of the last week, asked three times at least.",
      command: "<%= config.bin %> <%= command.id %> --since 7d --min 3",
    },
    {
      description: "A table to fill in, and back.",
      command:
        "<%= config.bin %> <%= command.id %> --export todo.csv && <%= config.bin %> <%= command.id %> label todo.csv",
    },
    { description: "For a script.", command: `<%= config.bin %> <%= command.id %> --json | jq -r ".texts[].text"` },
  ];

  static override flags = {
    since: Flags.string({
      description: "Only those asked since: a time ago (30s, 15m, 2h, 3d) or RFC 3339.",
      helpValue: "TIME",
    }),
    min: Flags.integer({ description: "Only those asked N times or more.", min: 1, helpValue: "N" }),
    limit: Flags.integer({
      description: `The N most frequent. Default: ${LISTED}, with --export all.`,
      min: 1,
      max: MOST,
      helpValue: "N",
    }),
    model: Flags.string({
      description: "Of a model of COMBOT_MODELS_DIR. Default: the default one.",
      helpValue: "NAME",
    }),
    labelled: Flags.boolean({ description: "Those that have a label, with it." }),
    export: Flags.string({
      description: "Write them as a table with an empty column label, which training takes once it is filled in.",
      helpValue: "FILE.csv",
    }),
  };

  async run(): Promise<InboxReply> {
    const { flags } = await this.parse(Inbox);
    const most = flags.limit ?? (flags.export === undefined ? LISTED : undefined);
    const query = {
      which: flags.labelled ? "labelled" : "open",
      ...(flags.since !== undefined && { since: parseSince(flags.since, Date.now()) }),
      ...(flags.min !== undefined && { min: String(flags.min) }),
      ...(flags.model !== undefined && { model: flags.model }),
    } as const;
    const reply = await readInbox(this.client(flags.socket), query, most);
    if (flags.export !== undefined && reply.texts.length > 0) {
      const { writeInbox } = await import("../../lib/cli/inbox-file.ts");
      writeInbox(flags.export, reply.texts);
      const { length } = reply.texts;
      this.print(`${length === 1 ? "1 text is" : `${length} texts are`} in ${flags.export}: fill in the column label.`);
      return reply;
    }
    const width = process.stdout.isTTY ? process.stdout.columns : undefined;
    const paint = await terminalPaint(process.stdout, process.env);
    this.print(renderInbox(reply, { nowMs: Date.now(), width, paint }));
    return reply;
  }
}
