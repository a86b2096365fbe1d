import { type KnownCommand, type KnownFlag, topicsOf, type Value } from "./commands.ts";

const AT = String.raw`
# The command that the line has so far: "model use".
function __combot_command
    set -l words (commandline -opc)
    set -e words[1]
    set -l found
    for word in $words
        string match -q -- '-*' $word; and continue
        set -a found $word
        contains -- "$found" <TOPICS>; or break
    end
    echo "$found"
end

function __combot_at
    test (__combot_command) = "$argv[1]"
end

complete -c combot -f
`;

export function forFish(commands: readonly KnownCommand[]): string {
  const topics = topicsOf(commands);
  const lines = commands.flatMap(linesOf);
  const ofTopics = topics.map((topic) => `${at("")} -a ${topic}`);
  return `${AT.replace("<TOPICS>", topics.join(" "))}${[...ofTopics, ...lines].join("\n")}\n`;
}

function at(command: string): string {
  return `complete -c combot -n '__combot_at "${command}"'`;
}

function linesOf({ words, about, flags, args }: KnownCommand): string[] {
  const own = at(words.join(" "));
  const [last = "", ...above] = words.toReversed();
  return [
    `${at(above.toReversed().join(" "))} -a ${last}${told(about)}`,
    ...flags.map((flag) => `${own} ${flagOf(flag)}`),
    `${own} -l help${told("Show help")}`,
    ...args
      .filter((value) => value !== "any")
      .map((value) => `${own} ${typeof value === "string" ? "-F" : `-a ${list(value)}`}`),
  ];
}

function flagOf({ name, char, about, value }: KnownFlag): string {
  const short = char === undefined ? "" : ` -s ${char}`;
  return `-l ${name}${short}${value === undefined ? "" : takes(value)}${told(about)}`;
}

function takes(value: Value): string {
  if (typeof value !== "string") return ` -x -a ${list(value)}`;
  return value === "path" ? " -r -F" : " -x";
}

function list(words: readonly string[]): string {
  return quoted(words.join(" "));
}

function told(about: string): string {
  return about === "" ? "" : ` -d ${quoted(about)}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", String.raw`\\`).replaceAll("'", String.raw`\'`)}'`;
}
