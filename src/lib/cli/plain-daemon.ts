import { becomeDaemon, isPath, pathsAmong } from "../daemon-launch.ts";
import { readPlainFlags } from "./plain-flags.ts";

/** Becomes the daemon where it is given paths and nothing else, or returns where the command has to be asked. */
export function startPlainly(args: readonly string[]): void {
  const plain = readPlainFlags(args, isPath);
  if (plain) becomeDaemon(pathsAmong(plain.flags), plain.json);
}
