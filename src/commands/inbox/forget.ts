import * as Args from "@oclif/core/args";
import * as Flags from "@oclif/core/flags";
import { ClientCommand } from "../../lib/cli/client-command.ts";
import { confirm } from "../../lib/cli/confirm.ts";
import { CombotError } from "../../lib/errors.ts";
import type { InboxForgetReply } from "../../lib/protocol/inbox.ts";
import { renderForgotten } from "../../lib/render/inbox.ts";

export default class InboxForget extends ClientCommand {
  static override summary = "Remove a text from what is kept, or all.";
  static override description = `From the inbox and from the journal's frequent texts, with its labels and counts; what SQLite had of it is overwritten. Backups that were made before still have it, and the reply says how many there are.

A text is given as it was asked, or as combot inbox shows it. --all asks first; where no terminal can answer, and under --json, it wants --yes. Takes the control socket.`;
  static override examples = [
    { description: "One text.", command: `<%= config.bin %> <%= command.id %> "my name is Jane Doe"` },
    { description: "All of them, in a script.", command: "<%= config.bin %> <%= command.id %> --all --yes" },
  ];

  static override args = {
    text: Args.string({ description: "The text.", ignoreStdin: true }),
  };

  static override flags = {
    all: Flags.boolean({ description: "Every text and every count, of every model." }),
    yes: Flags.boolean({ char: "y", description: "Don't ask." }),
  };

  async run(): Promise<InboxForgetReply | undefined> {
    const { args, flags } = await this.parse(InboxForget);
    if ((args.text === undefined) === !flags.all) throw new CombotError("USAGE", "Give a text, or --all.");
    if (flags.all && !(await this.#isMeant(flags.yes))) {
      this.tell("Nothing was done.");
      return undefined;
    }
    const body = flags.all ? { all: true as const } : { text: args.text ?? "" };
    const reply = await this.client(flags.socket).call("inboxForget", { body });
    this.print(renderForgotten(reply));
    return reply;
  }

  async #isMeant(yes: boolean): Promise<boolean> {
    if (yes) return true;
    if (this.jsonEnabled()) throw new CombotError("USAGE", "--all asks a question first: pass --yes with --json.");
    const question = "Remove every text, label and count of the inbox, and the journal's frequent texts?";
    return confirm(question, { input: process.stdin, output: process.stderr });
  }
}
