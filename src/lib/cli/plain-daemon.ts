import { becomeDaemon, isPath, pathsAmong } from "../daemon-launch.ts";

/** The value of a flag that anybody would read the same way. */
const PLAIN = /^[^-]/;

/**
 * What `combot daemon` is given where it is given paths and nothing else: without oclif, whose own start takes three times
 * what Node's does. Undefined for whatever is to be checked, refused or explained.
 *
 * @param args behind the command's name.
 */
export function readPlainFlags(args: readonly string[]): { flags: Record<string, string>; json: boolean } | undefined {
  const flags: Record<string, string> = {};
  let json = false;
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (arg === "--json" && !json) {
      json = true;
      continue;
    }
    const [name, value = ""] = [arg.slice(2), args[++at]];
    if (!arg.startsWith("--") || !isPath(name) || Object.hasOwn(flags, name) || !PLAIN.test(value)) return undefined;
    flags[name] = value;
  }
  return { flags, json };
}

/** Becomes the daemon, or returns where the command has to be asked. */
export function startPlainly(args: readonly string[]): void {
  const plain = readPlainFlags(args);
  if (plain) becomeDaemon(pathsAmong(plain.flags), plain.json);
}
