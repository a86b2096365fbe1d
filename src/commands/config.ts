import { resolve } from "node:path";
import * as Flags from "@oclif/core/flags";
import { ClientCommand } from "../lib/cli/client-command.ts";
import { findMachine } from "../lib/config/machine.ts";
import { checkFile } from "../lib/config/check.ts";
import { describeSettings, type SettingRow } from "../lib/config/describe.ts";
import { loadSettings } from "../lib/config/load.ts";
import { CombotError } from "../lib/errors.ts";
import type { ErrorCode } from "../lib/error-table.ts";
import { renderConfig } from "../lib/render/config-table.ts";
import { hangLimitMs } from "../lib/slowness.ts";

/** The daemon is asked only if it answers at once: whoever has none wants to see what it would start with. */
const ASK_MS = hangLimitMs(1000);
const EXIT_FAULTY = 2;
const NO_ANSWER: readonly ErrorCode[] = ["DAEMON_UNREACHABLE", "DEADLINE_EXCEEDED"];

interface SettingsReport {
  /** `daemon`: those it runs with; `here`: those that a daemon started from this shell would have. */
  readonly from: "daemon" | "here";
  readonly settings: readonly SettingRow[];
}

interface CheckReport {
  readonly file: string;
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
}

export default class Config extends ClientCommand {
  static override summary = "Show the settings in force and where each came from, or check a file of settings.";
  static override description = `Asks the daemon. Where none answers within a second, or with --env-file, reads the settings as a daemon started here would: environment, file, profile, defaults. Passwords, queries in URLs and webhook paths are hidden.

With --check prints the faults of a file, one a line, and exits with 2 if there is one.`;
  static override examples = [
    { description: "What the daemon runs with.", command: "<%= config.bin %> <%= command.id %>" },
    { description: "Before a reload.", command: "<%= config.bin %> <%= command.id %> --check /etc/combot/combot.env" },
    { description: "What a file would give.", command: "<%= config.bin %> <%= command.id %> --env-file ./combot.env" },
  ];

  static override flags = {
    check: Flags.string({ description: "File of settings to check.", helpValue: "FILE", exclusive: ["env-file"] }),
    "env-file": Flags.string({
      description: "File of settings to read, in place of asking the daemon.",
      helpValue: "FILE",
    }),
  };

  async run(): Promise<SettingsReport | CheckReport> {
    const { flags } = await this.parse(Config);
    if (this.isElsewhere && (flags.check ?? flags["env-file"]) !== undefined)
      throw new CombotError("USAGE", "--check and --env-file read a file of this machine: leave the URL out.");
    if (flags.check !== undefined) return this.#check(flags.check);
    const asked = flags["env-file"] === undefined ? await this.#ask(flags.socket) : undefined;
    const report = asked ?? { from: "here", settings: this.#load(flags["env-file"], flags.socket) };
    this.print(renderConfig(report.settings, process.stdout.isTTY ? process.stdout.columns : undefined));
    return report;
  }

  async #ask(socket: string | undefined): Promise<SettingsReport | undefined> {
    try {
      const limits = this.isElsewhere ? {} : { timeoutMs: ASK_MS, absenceMs: 0 };
      const { settings } = await this.client(socket).call("config", limits);
      return { from: "daemon", settings: settings as readonly SettingRow[] };
    } catch (thrown) {
      if (this.isElsewhere || !(thrown instanceof CombotError) || !NO_ANSWER.includes(thrown.code)) throw thrown;
      this.tell(`${thrown.message} These are the settings of a daemon started here:`);
      return undefined;
    }
  }

  #load(envFile: string | undefined, socket: string | undefined): readonly SettingRow[] {
    const flags = socket === undefined ? {} : { COMBOT_SOCKET: resolve(socket) };
    const loaded = loadSettings({
      flags,
      env: process.env,
      envFile: envFile && resolve(envFile),
      machine: findMachine(),
    });
    for (const warning of loaded.warnings) this.tell(`Warning: ${warning}`);
    return describeSettings(loaded);
  }

  #check(path: string): CheckReport {
    const file = resolve(path);
    const { faults, warnings } = checkFile(file, { env: process.env, machine: findMachine() });
    for (const warning of warnings) this.tell(`Warning: ${warning}`);
    if (faults.length > 0) process.exitCode = EXIT_FAULTY;
    this.print(faults.length > 0 ? faults.join("\n") : `${file}: no faults`);
    return { file, faults, warnings };
  }
}
