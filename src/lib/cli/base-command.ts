import { Command } from "@oclif/core/command";
import * as Flags from "@oclif/core/flags";
import { jsonText } from "../harmless.ts";
import { failureOf, writeFailure } from "./failure.ts";
import { endAsAskedTo, leaveSignals } from "./ends.ts";
import { waitTelling } from "./patience.ts";

/**
 * What every command has in common: --json and --socket, results on stdout and talk on stderr, failures told in two
 * lines with the exit status of the table of errors.
 */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;
  static override baseFlags = {
    json: Flags.boolean({ description: "One JSON document on standard output, nothing else.", helpGroup: "GLOBAL" }),
    socket: Flags.string({
      description:
        "The user socket; control.sock lies beside it. Default: COMBOT_SOCKET, else /run/combot/combot.sock, else one of your own.",
      helpGroup: "GLOBAL",
      helpValue: "PATH",
    }),
  };

  /** Whether `-h` is for help, as `--help` is; false where it is a flag of what the command runs. */
  protected readonly hasShortHelp: boolean = true;

  protected override async init(): Promise<void> {
    await super.init();
    endAsAskedTo();
    if (this.hasShortHelp && asksForHelp(this.argv)) await this.#showHelp();
  }

  async #showHelp(): Promise<never> {
    const { default: OwnHelp } = await import("./help.ts");
    await new OwnHelp(this.config).showHelp((this.id ?? "").split(":"));
    return this.exit(0);
  }

  /** For a command that has an orderly way to stop of its own. */
  protected leaveSignals(): void {
    leaveSignals();
  }

  /** A result, as text. Not printed under --json, where what `run` returns is the result. */
  protected print(text: string): void {
    if (!this.jsonEnabled()) process.stdout.write(`${text}\n`);
  }

  /** Talk: what is not the result. */
  protected tell(text: string): void {
    if (!this.jsonEnabled()) process.stderr.write(`${text}\n`);
  }

  /** Work that may take over a second: then it says what is waited for. */
  protected async waitFor<T>(words: string | (() => string), work: Promise<T>): Promise<T> {
    return this.jsonEnabled() ? work : waitTelling(words, work, process.stderr);
  }

  protected override async catch(thrown: unknown): Promise<void> {
    const failure = failureOf(thrown);
    process.exitCode = failure.exit;
    if (this.jsonEnabled() && failure.document) this.logJson({ error: failure.document });
    else writeFailure(failure);
  }

  protected override logJson(json: unknown): void {
    process.stdout.write(`${jsonText(json, 2)}\n`);
  }
}

/** Wherever it stands before `--`, as oclif takes `--help`. */
function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return argv.slice(0, end < 0 ? argv.length : end).includes("-h");
}
