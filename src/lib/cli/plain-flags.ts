/** The value of a flag that anybody would read the same way. */
const PLAIN = /^[^-]/;

export interface PlainFlags {
  readonly flags: Readonly<Record<string, string>>;
  readonly json: boolean;
}

/**
 * What a command is given where it is given --json and flags with a value that it knows, each once, and nothing else: such a
 * line can be read without oclif, whose own start takes three times what Node's does. Undefined for whatever is to be
 * checked, refused or explained.
 *
 * @param args behind the command's name.
 * @param isKnown of a flag with a value, by its name.
 */
export function readPlainFlags(args: readonly string[], isKnown: (name: string) => boolean): PlainFlags | undefined {
  const flags: Record<string, string> = {};
  let json = false;
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (arg === "--json" && !json) {
      json = true;
      continue;
    }
    const [name, value = ""] = [arg.slice(2), args[++at]];
    if (!arg.startsWith("--") || !isKnown(name) || Object.hasOwn(flags, name) || !PLAIN.test(value)) return undefined;
    flags[name] = value;
  }
  return { flags, json };
}
