import type { Config } from "@oclif/core/interfaces";
import { CombotError } from "../errors.ts";
import { nearestBy, nearestName } from "./near-name.ts";

type Known = Pick<Config, "bin" | "commands" | "topics">;

/** What combot takes without a command. */
const FLAGS = ["--help", "--version", "-h", "-v"];

/** @param id words, between colons or blanks. */
export function unknownCommand(id: string, { bin, commands, topics }: Known): CombotError {
  const asked = id.replaceAll(":", " ");
  if (asked.startsWith("-")) return flagFirst(asked, bin);
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

function flagFirst(flag: string, bin: string): CombotError {
  const near = FLAGS.find((known) => known === flag.toLowerCase()) ?? nearestName(flag, FLAGS);
  const suggestion =
    near === undefined ? `Flags come behind the command: ${bin} COMMAND ${flag}.` : `Did you mean ${bin} ${near}?`;
  return new CombotError("USAGE", `${bin} by itself has no flag ${flag}. ${suggestion}`);
}

function spaced(id: string): string {
  return id.replaceAll(":", " ");
}

/** The known command that `asked` is most likely a slip of; its last words may be arguments. */
export function nearestCommand(asked: string, known: readonly string[]): string | undefined {
  const words = asked.split(" ");
  return nearestBy(known, (name) => words.slice(0, name.split(" ").length).join(" "));
}
