import * as Args from "@oclif/core/args";
import * as Flags from "@oclif/core/flags";
import { ClientCommand } from "../lib/cli/client-command.ts";
import { confirm } from "../lib/cli/confirm.ts";
import { followWork } from "../lib/cli/follow-work.ts";
import { CombotError } from "../lib/errors.ts";
import type { RestoreRequest, RestoreResult } from "../lib/protocol/backup.ts";
import { renderRestore } from "../lib/render/backup.ts";

export default class Restore extends ClientCommand {
  static override summary = "Take the journal and the shared cache back from a backup.";
  static override description = `Checks every sum first; a backup with a byte, a link or a file that does not belong in it is refused before anything is touched. Then shows what it would replace, and asks. The journal is replaced as a whole, and the one that was there stays until the other is open; entries of the cache are written over those of the same key, with the time they had left when they were saved. Settings are never restored.

Where no terminal can answer, and under --json, it wants --yes. Takes the control socket.`;
  static override examples = [
    { description: "Which there are.", command: "<%= config.bin %> backup --list" },
    {
      description: "What it would replace.",
      command: "<%= config.bin %> <%= command.id %> 2026-01-31T03-30-00Z --dry-run",
    },
    { description: "In a script.", command: "<%= config.bin %> <%= command.id %> 2026-01-31T03-30-00Z --yes" },
  ];

  static override args = {
    name: Args.string({
      description: "Its name, as combot backup --list shows it.",
      required: true,
      ignoreStdin: true,
    }),
  };

  static override flags = {
    sessions: Flags.boolean({ description: "Sessions as well, where the backup has them." }),
    "dry-run": Flags.boolean({ description: "Check it, and tell what would be replaced." }),
    yes: Flags.boolean({ char: "y", description: "Don't ask." }),
  };

  async run(): Promise<RestoreResult | undefined> {
    const { args, flags } = await this.parse(Restore);
    const body = { name: args.name, ...(flags.sessions && { sessions: true }) };
    if (this.jsonEnabled() && !flags.yes && !flags["dry-run"])
      throw new CombotError("USAGE", "A restore asks a question first: pass --yes with --json.");
    if (!flags.yes) {
      const plan = await this.#follow(flags.socket, { ...body, dryRun: true });
      if (flags["dry-run"]) {
        this.print(renderRestore(plan));
        return plan;
      }
      this.tell(renderRestore(plan));
      if (!(await confirm("Replace them?", { input: process.stdin, output: process.stderr }))) {
        this.tell("Nothing was done.");
        return undefined;
      }
    }
    const result = await this.#follow(flags.socket, { ...body, ...(flags["dry-run"] && { dryRun: true }) });
    this.print(renderRestore(result));
    return result;
  }

  #follow(socket: string | undefined, body: RestoreRequest): Promise<RestoreResult> {
    return followWork<RestoreResult>(
      this.client(socket).follow("restore", { body }),
      this.jsonEnabled() ? null : process.stderr,
    );
  }
}
