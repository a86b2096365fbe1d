import { type KnownCommand, topicsOf, type Value } from "./commands.ts";

const SCRIPT = String.raw`
# What a flag of a command takes: nothing, path, any, or the words themselves.
_combot_flag() {
  REPLY=
  case "$1 $2" in
<FLAG_VALUES>
  esac
}

# What stands at this place behind a command, counted from 0.
_combot_argument() {
  REPLY=any
  case "$1 $2" in
<ARGUMENTS>
  esac
}

_combot_flags() {
  REPLY=
  case "$1" in
<FLAGS>
  esac
}

_combot_below() {
  REPLY=
  case "$1" in
<BELOW>
  esac
}

_combot() {
  local cur=${"$"}{COMP_WORDS[COMP_CWORD]} command= flag= word REPLY
  local -i at place=0
  COMPREPLY=()
  # Readline takes --flag=value for three words.
  [[ $cur == "=" ]] && cur=
  for ((at = 1; at < COMP_CWORD; at++)); do
    word=${"$"}{COMP_WORDS[at]}
    if [[ $word == "=" ]]; then
      continue
    elif [[ -n $flag ]]; then
      flag=
    elif [[ $word == -* ]]; then
      _combot_flag "$command" "$word"
      [[ -n $REPLY ]] && flag=$word
    else
      _combot_below "$command"
      if [[ " $REPLY " == *" $word "* ]]; then command=${"$"}{command:+$command }$word; else place+=1; fi
    fi
  done
  if [[ -n $flag ]]; then
    _combot_flag "$command" "$flag"
  elif [[ $cur == -* ]]; then
    _combot_flags "$command"
  else
    _combot_below "$command"
    [[ -n $REPLY ]] || _combot_argument "$command" "$place"
  fi
  case $REPLY in
    # Readline's own, which knows of blanks and of ~.
    path) compopt -o default ;;
    any) ;;
    *) COMPREPLY=($(compgen -W "$REPLY" -- "$cur")) ;;
  esac
}

complete -F _combot combot
`;

export function forBash(commands: readonly KnownCommand[]): string {
  const topics = topicsOf(commands);
  const first = [...new Set(commands.map(({ words }) => words[0] ?? ""))];
  const below = topics.map((topic) => [
    topic,
    commands.filter(({ words }) => words[0] === topic && words.length > 1).map(({ words }) => words[1] ?? ""),
  ]);
  const parts = {
    FLAG_VALUES: commands.flatMap(flagValues),
    ARGUMENTS: commands.flatMap(argumentValues),
    FLAGS: commands.map(({ words, flags }) =>
      line(words.join(" "), [...flags.map(({ name }) => `--${name}`), "--help"].join(" ")),
    ),
    BELOW: [line("", first.join(" ")), ...below.map(([topic, names]) => line(String(topic), [names].flat().join(" ")))],
  };
  return Object.entries(parts).reduce(
    (text, [name, lines]) => text.replace(`<${name}>`, () => lines.join("\n")),
    SCRIPT,
  );
}

function flagValues({ words, flags }: KnownCommand): string[] {
  return flags.flatMap(({ name, char, value }) => {
    if (value === undefined) return [];
    const at = words.join(" ");
    const names = [`--${name}`, ...(char === undefined ? [] : [`-${char}`])];
    return [`    ${names.map((one) => quoted(`${at} ${one}`)).join(" | ")}) REPLY=${quoted(replyOf(value))} ;;`];
  });
}

function argumentValues({ words, args }: KnownCommand): string[] {
  return args.flatMap((value, place) => (value === "any" ? [] : [line(`${words.join(" ")} ${place}`, replyOf(value))]));
}

function line(pattern: string, reply: string): string {
  return `    ${quoted(pattern)}) REPLY=${quoted(reply)} ;;`;
}

function replyOf(value: Value): string {
  return typeof value === "string" ? value : value.join(" ");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
