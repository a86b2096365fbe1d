import { type KnownCommand, type KnownFlag, topicsOf, type Value } from "./commands.ts";

const REST = "'*:: :->rest'";

export function forZsh(commands: readonly KnownCommand[]): string {
  const topics = topicsOf(commands);
  return `
${topics.map((topic) => level(commands, [topic])).join("\n")}
${level(commands, [])}
if [[ $funcstack[1] == _combot ]]; then _combot "$@"; else compdef _combot combot; fi
`;
}

/** A function for what may follow these words. */
function level(commands: readonly KnownCommand[], at: readonly string[]): string {
  const within = commands.filter(({ words }) => at.every((word, index) => words[index] === word));
  // `combot inbox` is a command, and the beginning of others.
  const own = at.length > 0 ? within.find(({ words }) => words.length === at.length) : undefined;
  const below = within.filter((one) => one !== own);
  const names = [...new Map(below.map((one) => [one.words[at.length] ?? "", one])).entries()];
  const offers = names.map(([name]) => {
    const told = below.find(({ words }) => words.length === at.length + 1 && words.at(-1) === name)?.about ?? "";
    return `    ${quoted(`${name}:${told.replaceAll(":", String.raw`\:`)}`)}`;
  });
  const cases = names.map(([name, command]) =>
    command.words.length > at.length + 1
      ? `        ${name}) _combot_${name} ;;`
      : `        ${name})\n          _arguments -S ${specs(command).join(" \\\n            ")} ;;`,
  );
  return `_combot${at.map((word) => `_${word}`).join("")}() {
  local curcontext="$curcontext" state line
  typeset -A opt_args
  local -a names=(
${offers.join("\n")}
  )
  _arguments -C ${[...(own ? specs({ ...own, args: [] }) : []), "'1: :->name'", REST].join(" \\\n    ")} && return
  case $state in
    name) _describe -t commands 'combot command' names ;;
    rest)
      case $words[1] in
${cases.join("\n")}
      esac ;;
  esac
}
`;
}

function specs({ flags, args, isOpen }: KnownCommand): string[] {
  const places = args.map((value, at) => {
    const isLast = at === args.length - 1;
    return quoted(`${isOpen && isLast ? "*" : at + 1}: :${action(value)}`);
  });
  return [...flags.map(spec), quoted("--help[Show help]"), ...places];
}

function spec({ name, char, about, value, isMultiple }: KnownFlag): string {
  const told = `[${about.replaceAll(/[[\]:\\]/g, String.raw`\$&`)}]`;
  const takes = value === undefined ? "" : `:${name}:${action(value)}`;
  const long = `--${name}${value === undefined ? "" : "="}`;
  if (char === undefined) return quoted(`${isMultiple ? "*" : ""}${long}${told}${takes}`);
  const forms = `{-${char}${value === undefined ? "" : "+"},${long}}`;
  return `${quoted(isMultiple ? "*" : `(-${char} --${name})`)}${forms}${quoted(`${told}${takes}`)}`;
}

function action(value: Value): string {
  if (typeof value !== "string") return `(${value.join(" ")})`;
  return value === "path" ? "_files" : " ";
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
