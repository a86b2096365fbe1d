import { spawn } from "node:child_process";
import { once } from "node:events";
import * as Flags from "@oclif/core/flags";
import { BaseCommand } from "../lib/cli/base-command.ts";
import { CombotError, systemCodeOf } from "../lib/errors.ts";

export default class Logs extends BaseCommand {
  static override summary = "Show the service's log: journalctl with the same flags.";
  static override description = `Every flag but --redis and --json goes to journalctl as it is. Under --json each line is a JSON object of journald's. Reading the system's journal takes root or group adm or systemd-journal.`;
  static override strict = false;
  static override examples = [
    { description: "As it is written.", command: "<%= config.bin %> <%= command.id %> -f" },
    { description: "Warnings of today.", command: "<%= config.bin %> <%= command.id %> --since today -p warning" },
    { description: "Redis' last lines.", command: "<%= config.bin %> <%= command.id %> --redis -n 20" },
  ];

  static override flags = {
    redis: Flags.boolean({ description: "Of the managed Redis rather than the daemon." }),
  };

  /** It is journalctl's too. */
  protected override readonly hasShortHelp = false;

  async run(): Promise<void> {
    const own = ["--redis", "--json"];
    // Before they are parsed: oclif then takes what it was given for all there is.
    const [parsed, passed] = [true, false].map((isOwn) => this.argv.filter((word) => own.includes(word) === isOwn));
    if (passed?.some((word) => /^--(url|token-file)(=|$)/.test(word)))
      throw new CombotError("USAGE", "logs reads this machine's journal: run it on the daemon's own, with ssh.");
    const { flags } = await this.parse(Logs, parsed);
    const unit = flags.redis ? "combot-redis" : "combot-enhanced";
    const format = this.jsonEnabled() ? ["--output=json"] : [];
    // Ctrl-C ends journalctl, and we end with it.
    this.leaveSignals();
    process.on("SIGINT", () => undefined);
    process.exitCode = await runJournalctl([`--unit=${unit}`, ...format, ...(passed ?? [])]);
  }
}

async function runJournalctl(args: readonly string[]): Promise<number> {
  // On a terminal it has a pager, which shows control characters as what they are.
  const child = spawn("journalctl", args, { stdio: ["inherit", process.stdout.isTTY ? "inherit" : "pipe", "pipe"] });
  child.stdout?.pipe(process.stdout);
  child.stderr?.pipe(process.stderr);
  try {
    const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
    return code ?? (signal === "SIGTERM" ? 143 : 130);
  } catch (error) {
    throw new CombotError("USAGE", `journalctl can't be run: ${systemCodeOf(error)}`, { cause: error });
  }
}
