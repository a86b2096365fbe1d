import * as Args from "@oclif/core/args";
import * as Flags from "@oclif/core/flags";
import { ClientCommand } from "../../lib/cli/client-command.ts";
import { readInbox } from "../../lib/cli/inbox-pages.ts";
import { terminalPaint } from "../../lib/cli/terminal-paint.ts";
import { CombotError } from "../../lib/errors.ts";
import type { InboxLabelReply } from "../../lib/protocol/inbox.ts";

/** As many as one call takes. */
const AT_ONCE = 1000;

interface Given {
  readonly socket?: string | undefined;
  readonly model?: string | undefined;
  readonly since?: string | undefined;
  readonly min?: number | undefined;
}

export default class InboxLabel extends ClientCommand {
  static override summary = "Give texts of the inbox the labels they should have had.";
  static override description = `On a terminal: one text after the other, the most frequent first, and a key for each label. Enter takes what the model answered, Space passes over, Backspace takes the last one back, / finds a label by its name or makes a new one, Esc ends. Each is kept at once in the journal; whoever comes again goes on where he was.

With a file: the labels that were filled into a table of combot inbox --export. Takes the control socket.`;
  static override examples = [
    { description: "On a terminal.", command: "<%= config.bin %> <%= command.id %>" },
    { description: "Of a table that was filled in.", command: "<%= config.bin %> <%= command.id %> todo.csv" },
  ];

  static override args = {
    file: Args.string({ description: "A table of combot inbox --export, filled in.", ignoreStdin: true }),
  };

  static override flags = {
    since: Flags.string({ description: "Only those asked since: 2h, 3d, or RFC 3339.", helpValue: "TIME" }),
    min: Flags.integer({ description: "Only those asked N times or more.", min: 1, helpValue: "N" }),
    model: Flags.string({
      description: "Of a model of COMBOT_MODELS_DIR. Default: the default one.",
      helpValue: "NAME",
    }),
  };

  async run(): Promise<InboxLabelReply | undefined> {
    const { args, flags } = await this.parse(InboxLabel);
    if (args.file !== undefined) return this.#fromFile(args.file, flags);
    if (this.jsonEnabled() || !process.stdin.isTTY || !process.stdout.isTTY || process.env["TERM"] === "dumb")
      throw new CombotError(
        "USAGE",
        "There is no terminal to label on: combot inbox --export FILE.csv, fill in its column label, and name the file.",
      );
    await this.#onTerminal(flags);
    return undefined;
  }

  async #fromFile(path: string, flags: Given): Promise<InboxLabelReply> {
    const { readFilled } = await import("../../lib/cli/inbox-file.ts");
    const filled = readFilled(path);
    const model = flags.model === undefined ? {} : { model: flags.model };
    const reply: { labelled: number; unknown: string[] } = { labelled: 0, unknown: [] };
    for (let from = 0; from < filled.length; from += AT_ONCE) {
      const body = { ...model, given: filled.slice(from, from + AT_ONCE) };
      const { labelled, unknown } = await this.client(flags.socket).call("inboxLabel", { body });
      reply.labelled += labelled;
      reply.unknown.push(...unknown);
    }
    this.print(reply.labelled === 1 ? "1 text has a label now." : `${reply.labelled} texts have a label now.`);
    if (reply.unknown.length > 0)
      this.tell(`${reply.unknown.length} are not in the inbox any more: expired, forgotten, or of another model.`);
    return reply;
  }

  async #onTerminal(flags: Given): Promise<void> {
    const client = this.client(flags.socket);
    const [{ LiveLabels }, { parseSince }] = await Promise.all([
      import("../../lib/cli/live-labels.ts"),
      import("../../lib/cli/since.ts"),
    ]);
    const query = {
      ...(flags.model !== undefined && { model: flags.model }),
      ...(flags.since !== undefined && { since: parseSince(flags.since, Date.now()) }),
      ...(flags.min !== undefined && { min: String(flags.min) }),
    };
    const { texts, textsKept, model } = await readInbox(client, query);
    if (texts.length === 0)
      return this.print(
        textsKept
          ? "Nothing is left to label."
          : "Texts are not kept (JOURNAL_TEXT=off): combot inbox says how to keep them, and what that means.",
      );
    const paint = await terminalPaint(process.stdout, process.env);
    const first = {
      texts,
      at: 0,
      given: new Map(),
      labels: await this.#labels(flags.socket, flags.model),
      typing: null,
    };
    const { stdin: input, stdout: output } = process;
    const labelled = await new LiveLabels({ client, model, first, paint, input, output }).run();
    this.print(`${labelled} of ${texts.length} texts have a label now.`);
  }

  /** The model's, and those that somebody made up before. */
  async #labels(socket: string | undefined, model: string | undefined): Promise<string[]> {
    const client = this.client(socket);
    const { models } = await client.call("models");
    const known = models.find(({ name, default: isDefault }) => (model === undefined ? isDefault : name === model));
    const own = model === undefined ? {} : { model };
    const { texts } = await readInbox(client, { which: "labelled", ...own });
    return [...new Set([...(known?.labels ?? []), ...texts.flatMap(({ given }) => given ?? [])])];
  }
}
