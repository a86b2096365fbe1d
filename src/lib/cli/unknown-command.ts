import type { Hook } from "@oclif/core/hooks";
import type { Config } from "@oclif/core/interfaces";
import { CombotError } from "../errors.ts";
import { nearestBy } from "./near-name.ts";

type Known = Pick<Config, "bin" | "commands" | "topics">;

/**
 * oclif's hook for a command that is none, `-h` and `-v` among them. In place of @oclif/plugin-not-found, which suggests
 * nothing without a terminal, asks its question on stdout even there where that is a file, and ends with 127.
 */
export const refuseUnknownCommand: Hook<"command_not_found"> = async ({ id, config }) => {
  if (id === "-h") {
    const { default: OwnHelp } = await import("./help.ts");
    return new OwnHelp(config).showHelp(["--help"]);
  }
  if (id === "-v") return void process.stdout.write(`${config.userAgent}\n`);
  throw unknownCommand(id, config);
};

/** @param id words, between colons or blanks. */
export function unknownCommand(id: string, { bin, commands, topics }: Known): CombotError {
  const asked = id.replaceAll(":", " ");
  const ids = commands.filter(({ hidden }) => !hidden).map((command) => spaced(command.id));
  // What stands behind a whole name is an argument that the command does not take.
  const whole = ids.find((name) => asked.startsWith(`${name} `));
  if (whole !== undefined) {
    return new CombotError(
      "USAGE",
      `${bin} ${whole} takes no arguments: ${asked.slice(whole.length + 1)} is too many.`,
    );
  }
  const names = topics.map(({ name }) => spaced(name));
  const near = nearestCommand(asked, ids) ?? nearestCommand(asked, names);
  const suggestion = near === undefined ? "" : ` Did you mean ${bin} ${near}?`;
  return new CombotError("USAGE", `${bin} ${asked} is not a command.${suggestion}`);
}

function spaced(id: string): string {
  return id.replaceAll(":", " ");
}

/** The known command that `asked` is most likely a slip of; its last words may be arguments. */
export function nearestCommand(asked: string, known: readonly string[]): string | undefined {
  const words = asked.split(" ");
  return nearestBy(known, (name) => words.slice(0, name.split(" ").length).join(" "));
}
