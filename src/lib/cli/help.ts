import { CommandHelp, Help } from "@oclif/core/help";
import type { Command } from "@oclif/core";
import { signed } from "../terminal-text.ts";
import { unknownCommand } from "./near-command.ts";

const WIDTH = 80;
/** What oclif makes of an argument of several words. */
const MANY = "...";

/** oclif's page of a command, without what is said above it already, and with dots behind the last argument alone. */
class OwnCommandHelp extends CommandHelp {
  protected override description(): string | undefined {
    const { description } = this.command;
    return description ? this.wrap(description) : undefined;
  }

  protected override args(args: Command.Arg.Any[]): [string, string | undefined][] | undefined {
    return super
      .args(args)
      ?.map(([name, words], at, all) => [at < all.length - 1 ? name.replace(MANY, "") : name, words]);
  }

  protected override defaultUsage(): string {
    const usage = super.defaultUsage().replaceAll(" ]", "]");
    const names = Object.values(this.command.args ?? {}).filter(({ hidden }) => !hidden);
    return names
      .slice(0, -1)
      .reduce((text, { name }) => text.replace(`${name.toUpperCase()}${MANY}`, name.toUpperCase()), usage);
  }

  protected override flags(flags: Command.Flag.Any[]): [string, string | undefined][] | undefined {
    return super.flags(flags)?.map(([name, words]) => [name, words?.replace("[default: ] ", "")]);
  }
}

/** oclif's help, whose headings are bold on a terminal: its words are all our own. */
export default class OwnHelp extends Help {
  protected override CommandHelpClass = OwnCommandHelp;

  protected override log(...lines: string[]): void {
    super.log(...lines.map(signed));
  }

  /** Without a word behind it, combot says what to do next here, on one screen. */
  protected override showRootHelp(): Promise<void> {
    return process.argv.length > 2 ? super.showRootHelp() : this.#showNext();
  }

  async #showNext(): Promise<void> {
    const [{ findNextSteps }, { renderNextSteps }] = await Promise.all([
      import("./next-steps.ts"),
      import("../render/next-steps.ts"),
    ]);
    const about = String(this.config.pjson.oclif.description).split("\n", 1)[0] ?? "";
    const commands = this.sortedCommands.map(({ id }) => id.split(":", 1)[0] ?? id);
    const width = Math.min(process.stdout.columns || WIDTH, WIDTH);
    this.log(renderNextSteps(about, await findNextSteps(), [...new Set(commands)], width));
  }

  override async showHelp(argv: string[]): Promise<void> {
    try {
      await super.showHelp(argv);
    } catch (thrown) {
      const [, id] = /^Command (.*) not found\.$/s.exec(thrown instanceof Error ? thrown.message : "") ?? [];
      throw id === undefined ? thrown : unknownCommand(id, this.config);
    }
  }
}
