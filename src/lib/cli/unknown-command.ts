import type { Hook } from "@oclif/core/hooks";
import { editDistance } from "../config/names.ts";
import { CombotError } from "../errors.ts";

/** Slips of this share of a name's letters are still taken for a slip. */
const LARGEST_SLIP = 0.4;

/**
 * oclif's hook for a command that is none. In place of @oclif/plugin-not-found, which suggests nothing without a
 * terminal, asks its question on stdout even there where that is a file, and ends with 127.
 */
export const refuseUnknownCommand: Hook<"command_not_found"> = async ({ id, config }) => {
  const asked = id.replaceAll(":", " ");
  const known = config.commands.filter(({ hidden }) => !hidden).map((command) => command.id.replaceAll(":", " "));
  const near = nearestCommand(asked, known);
  const suggestion = near === undefined ? "" : ` Did you mean ${config.bin} ${near}?`;
  throw new CombotError("USAGE", `${config.bin} ${asked} is not a command.${suggestion}`);
};

/** The known command that `asked` is most likely a slip of; its last words may be arguments. */
export function nearestCommand(asked: string, known: readonly string[]): string | undefined {
  const words = asked.split(" ");
  const ranked = known.map((name) => {
    const part = words.slice(0, name.split(" ").length).join(" ");
    return { name, slip: editDistance(part, name) / Math.max(part.length, name.length) };
  });
  const nearest = ranked.toSorted((a, b) => a.slip - b.slip)[0];
  return nearest && nearest.slip <= LARGEST_SLIP ? nearest.name : undefined;
}
