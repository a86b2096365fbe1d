import * as Flags from "@oclif/core/flags";
import { BaseCommand } from "../lib/cli/base-command.ts";
import { PROFILES } from "../lib/config/profiles.ts";
import { becomeDaemon, pathsAmong } from "../lib/daemon-launch.ts";

const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"];

export default class Daemon extends BaseCommand {
  static override summary = "Run the daemon in the foreground.";
  static override description = `Logs to standard error: lines of JSON, or readable ones on a terminal. SIGTERM and SIGINT let it finish what it has and end it with 0.

Every setting is an environment variable; the flags below outrank the environment, and that outranks the file. combot config shows what comes of it. Ends with 2 if a setting is wrong and with 4 if another daemon holds the socket or the state folder.`;
  static override examples = [
    { description: "For yourself, with the bundled model.", command: "<%= config.bin %> <%= command.id %>" },
    {
      description: "With a file of settings.",
      command: "<%= config.bin %> <%= command.id %> --env-file /etc/combot/combot.env",
    },
    {
      description: "A model of your own, beside another daemon.",
      command:
        "<%= config.bin %> <%= command.id %> --model ./my-model --socket ./my.sock --state-dir ./my-state --log-level debug",
    },
  ];

  static override flags = {
    "env-file": Flags.string({
      description: "File of settings, in the syntax of systemd's EnvironmentFile=.",
      helpValue: "FILE",
    }),
    "state-dir": Flags.string({
      description: "Folder of the journal and of prepared models (COMBOT_STATE_DIR). Default: ~/.local/state/combot.",
      helpValue: "DIR",
    }),
    model: Flags.string({
      description:
        "Folder with config.json, tokenizer.json and model.onnx, or the model file in one (COMBOT_MODEL_DIR). A model chosen with combot model use goes before it. Default: the bundled model.",
      helpValue: "DIR",
    }),
    "log-level": Flags.string({
      description: "The least severe lines logged (LOG_LEVEL). Default: info.",
      options: LOG_LEVELS,
    }),
    profile: Flags.string({
      description: "Size of the machine (COMBOT_PROFILE). Default: t3.large.",
      options: [...PROFILES],
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Daemon);
    const given = { ...pathsAmong(flags), LOG_LEVEL: flags["log-level"], COMBOT_PROFILE: flags.profile };
    this.leaveSignals();
    const named = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    becomeDaemon(named, this.jsonEnabled());
    // Not in a process of its own: a socket that systemd opened would be lost, or this Node can't.
    const { main } = await import("../daemon/main.ts");
    await main(named);
  }
}
