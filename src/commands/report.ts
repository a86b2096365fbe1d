import { writeFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import * as Flags from "@oclif/core/flags";
import { ClientCommand } from "../lib/cli/client-command.ts";
import { confirm } from "../lib/cli/confirm.ts";
import { terminalPaint } from "../lib/cli/terminal-paint.ts";
import { socketForClient, socketSurroundings } from "../lib/config/socket-path.ts";
import { CombotError } from "../lib/errors.ts";
import type { Part } from "../lib/issue-report/parts.ts";
import { renderIssueContents, renderIssueParts } from "../lib/render/issue-report.ts";
import { namedFileFailure } from "../lib/system-errors.ts";
import { shown } from "../lib/terminal-text.ts";

interface ReportResult {
  /** Null where none was written. */
  readonly file: string | null;
  readonly bytes: number;
  readonly parts: readonly { readonly name: string; readonly bytes: number }[];
}

export default class Report extends ClientCommand {
  static override summary = "Make one archive for an issue: versions, settings, machine, health, decisions, log.";
  static override description = `Shows what would be in it, and asks before it writes. Passwords, tokens, texts, users and the machine's name are left out; everything in it is plain text. Works without a daemon too: what can't be had says why. As root it finds more.

The log is the service's journal; --log names a file instead, for a daemon that isn't under systemd.`;
  static override examples = [
    { description: "Look, then write it.", command: "sudo <%= config.bin %> <%= command.id %>" },
    { description: "All of it, and nothing written.", command: "<%= config.bin %> <%= command.id %> --show" },
    {
      description: "Of a daemon of one's own.",
      command: "<%= config.bin %> <%= command.id %> --log daemon.log --output report.tar.gz --yes",
    },
  ];

  static override flags = {
    output: Flags.string({
      char: "o",
      description: "The archive. Default: combot-report-DATE.tar.gz here.",
      helpValue: "FILE",
    }),
    log: Flags.string({ description: "A file with the daemon's log, in place of its journal.", helpValue: "FILE" }),
    show: Flags.boolean({ description: "Show all that would be in it, and write nothing." }),
    yes: Flags.boolean({ char: "y", description: "Don't ask." }),
  };

  protected override readonly hereAlone = "report reads this machine's files: run it on the daemon's own, with ssh.";

  async run(): Promise<ReportResult> {
    const { flags } = await this.parse(Report);
    if (this.jsonEnabled() && !flags.yes && !flags.show)
      throw new CombotError("USAGE", "report asks a question first: pass --yes with --json.");
    const now = new Date();
    const name = `combot-report-${now.toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-")}`;
    const { gatherParts } = await import("../lib/issue-report/parts.ts");
    const parts = await this.waitFor(
      "Looking around",
      gatherParts({
        client: this.client(flags.socket),
        sockets: socketForClient(socketSurroundings(flags.socket ?? process.env["COMBOT_SOCKET"] ?? null)),
        env: process.env,
        logFile: flags.log,
        now,
      }),
    );
    await this.#show(parts, flags.show);
    const file = resolve(flags.output ?? `${name}.tar.gz`);
    const isWanted = !flags.show && (flags.yes || (await this.#isWanted(file)));
    const bytes = isWanted ? await this.#write(file, name, parts, now) : 0;
    const sizes = parts.map(({ name, text }) => ({ name, bytes: Buffer.byteLength(text) }));
    return { file: isWanted ? file : null, bytes, parts: sizes };
  }

  async #show(parts: readonly Part[], isWhole: boolean): Promise<void> {
    if (this.jsonEnabled()) return;
    const paint = await terminalPaint(process.stdout, process.env);
    this.print(shown(`${renderIssueParts(parts, paint, isWhole)}\n\n${renderIssueContents(parts, paint)}`));
  }

  async #isWanted(file: string): Promise<boolean> {
    const isWanted = await confirm(`Write this to ${basename(file)}?`, {
      input: process.stdin,
      output: process.stderr,
    });
    if (!isWanted) this.tell("Nothing was written.");
    return isWanted;
  }

  async #write(file: string, name: string, parts: readonly Part[], now: Date): Promise<number> {
    const { packParts } = await import("../lib/issue-report/archive.ts");
    const archive = await packParts(name, parts, now);
    try {
      writeFileSync(file, archive, { flag: "wx", mode: 0o600 });
    } catch (thrown) {
      throw namedFileFailure(`--output ${file}`, thrown);
    }
    this.print(`\n${file} is written. Look it through, then attach it to the issue.`);
    return archive.length;
  }
}
