import { resolve } from "node:path";
import * as Flags from "@oclif/core/flags";
import type { DaemonFlags } from "../daemon/main.ts";
import { BaseCommand } from "../lib/cli/base-command.ts";
import { PROFILES } from "../lib/config/profiles.ts";
import { packageFile } from "../lib/package-files.ts";

const LAUNCHER = packageFile("bin/daemon.js");

/**
 * Room for young objects, so that what a request needs is dead before it is moved to the old ones, and an old heap that
 * is collected before it has grown by more than a tenth. `--optimize-for-size` takes 20 MB less under load, and twice
 * the CPU: it collects 50 times a second. Without pretenuring, because an object that V8 guesses will live long is born
 * old, and keeps a whole dead request until the next full collection. One thread beside the loop's own collects and
 * compiles: the four that Node has by default took longer for the same on two cores, which workers want as well. What
 * was compiled for the start alone goes at the second full collection that finds it unused: 4 MB of an idle daemon.
 */
const NODE_FLAGS = [
  "--max-semi-space-size=8",
  "--heap-growing-percent=10",
  "--no-allocation-site-pretenuring",
  "--v8-pool-size=1",
  "--bytecode-old-age=1",
  "--flush-baseline-code",
];

/**
 * As the unit sets it: what a thread that ended or a burst leaves goes back to the kernel, 2 MB of an idle daemon; and
 * threads that hardly ever allocate at once share one arena, 1 MB.
 */
const MALLOC = { MALLOC_TRIM_THRESHOLD_: "131072", MALLOC_ARENA_MAX: "1" };

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
    const given = {
      envFile: absolute(flags["env-file"]),
      COMBOT_SOCKET: absolute(flags.socket),
      COMBOT_STATE_DIR: absolute(flags["state-dir"]),
      COMBOT_MODEL_DIR: absolute(flags.model),
      LOG_LEVEL: flags["log-level"],
      COMBOT_PROFILE: flags.profile,
    };
    this.leaveSignals();
    const named = Object.entries(given).filter(([, value]) => value !== undefined);
    await become(Object.fromEntries(named) as DaemonFlags, this.jsonEnabled());
  }
}

/** The daemon's working folder is not this shell's. */
function absolute(path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(path);
}

/**
 * Replaces this process by the daemon's: the same PID, which is what systemd watches, without the CLI's 30 MB. Sockets
 * handed over by systemd would not live through it, since Node marks inherited descriptors close-on-exec at its start;
 * then, or where Node can't, the daemon runs in this process.
 */
async function become(flags: DaemonFlags, json: boolean): Promise<void> {
  if (process.execve && process.env["LISTEN_FDS"] === undefined) {
    const args = [process.execPath, ...NODE_FLAGS, LAUNCHER, JSON.stringify(flags), ...(json ? ["--json"] : [])];
    process.execve(process.execPath, args, { ...MALLOC, ...process.env });
  }
  const { main } = await import("../daemon/main.ts");
  await main(flags);
}
