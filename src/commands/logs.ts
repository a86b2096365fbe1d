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

  async run(): Promise<void> {
    const own = ["--redis", "--json"];
    const { flags } = await this.parse(
      Logs,
      this.argv.filter((word) => own.includes(word)),
    );
    const passed = this.argv.filter((word) => !own.includes(word));
    const unit = flags.redis ? "combot-redis" : "combot-enhanced";
    const format = this.jsonEnabled() ? ["--output=json"] : [];
    // Ctrl-C ends journalctl, and we end with it.
    this.leaveSignals();
    process.on("SIGINT", () => undefined);
    process.exitCode = await runJournalctl([`--unit=${unit}`, ...format, ...passed]);
  }
}

async function runJournalctl(args: readonly string[]): Promise<number> {
  const child = spawn("journalctl", args, { stdio: "inherit" });
  try {
    const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    return code ?? (signal === "SIGTERM" ? 143 : 130);
  } catch (error) {
    throw new CombotError("USAGE", `journalctl can't be run: ${systemCodeOf(error)}`, { cause: error });
  }
}
