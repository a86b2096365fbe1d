import type { Hook } from "@oclif/core/hooks";
import { unknownCommand } from "./near-command.ts";

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
