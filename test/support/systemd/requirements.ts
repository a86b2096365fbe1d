import { accessSync, constants, existsSync } from "node:fs";
import { join } from "node:path";

/** Command, and the Debian package that has it. */
const COMMANDS = {
  "/lib/systemd/systemd": "systemd",
  "systemd-run": "systemd",
  "dbus-daemon": "dbus",
  unshare: "util-linux",
  nsenter: "util-linux",
  setpriv: "util-linux",
} as const;

/** What keeps this machine from booting another one inside; nothing where it can. */
export function missingParts(): string[] {
  const missing = Object.entries(COMMANDS)
    .filter(([command]) => !isInstalled(command))
    .map(([command, name]) => `${command} is not installed (package ${name})`);
  if (process.getuid?.() !== 0) missing.push("it takes root");
  return missing;
}

function isInstalled(command: string): boolean {
  if (command.startsWith("/")) return existsSync(command);
  return (process.env["PATH"] ?? "").split(":").some((folder) => isExecutable(join(folder, command)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
