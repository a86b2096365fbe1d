import { findPage } from "../../../src/lib/cli/doc-pages.ts";
import { type ManifestCommand, manifestCommands } from "../../../scripts/support/manifest.ts";

const COMMANDS = manifestCommands();
const TOPICS = new Set([...COMMANDS.keys()].filter((words) => words.includes(" ")).map((words) => words.split(" ")[0]));
/** Of the whole program, in place of a command. */
const OF_PROGRAM = ["--help", "--version", "-h", "-v"];
const OF_ALL = ["--help"];
/** Its flags are journalctl's. */
const PASSES_FLAGS = "logs";
const PLACEHOLDER = /^[A-Z]|[<…$*]|\.\.\./;

/** Every flag of any command. */
export const ALL_FLAGS: ReadonlySet<string> = new Set(
  [...COMMANDS.values()].flatMap(({ flags }) => Object.values(flags).flatMap(formsOf)).concat(OF_PROGRAM),
);

function formsOf({ name, char, allowNo }: ManifestCommand["flags"][string]): string[] {
  return [`--${name}`, ...(allowNo ? [`--no-${name}`] : []), ...(char === undefined ? [] : [`-${char}`])];
}

/** What is wrong with a call, whose words are what follows `combot`. */
export function faultsOfCall(words: readonly string[]): string[] {
  const [first, second] = words;
  if (first === undefined || OF_PROGRAM.includes(first) || PLACEHOLDER.test(first)) return [];
  if (first === "help") return second === undefined || PLACEHOLDER.test(second) ? [] : faultsOfCall(words.slice(1));
  if (TOPICS.has(first) && second === undefined) return [];
  const name = COMMANDS.has(`${first} ${second}`) ? `${first} ${second}` : first;
  const command = COMMANDS.get(name);
  if (command === undefined) return [`combot ${words.slice(0, TOPICS.has(first) ? 2 : 1).join(" ")} is not a command`];
  return faultsOfArguments(name, command, words.slice(name.split(" ").length));
}

function faultsOfArguments(name: string, command: ManifestCommand, words: readonly string[]): string[] {
  const faults: string[] = [];
  const places: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const [flag = "", given] = words[at]!.split(/=(.*)/s);
    if (!/^--?[a-z]/.test(flag)) {
      places.push(words[at]!);
      continue;
    }
    const found = Object.values(command.flags).find((one) => formsOf(one).includes(flag));
    if (found === undefined && !OF_ALL.includes(flag) && name !== PASSES_FLAGS)
      faults.push(`combot ${name} has no ${flag}`);
    if (found?.type !== "option") continue;
    if (given === undefined) at += 1;
    const value = given ?? words[at];
    const isKnown = value === undefined || PLACEHOLDER.test(value) || (found.options?.includes(value) ?? true);
    if (!isKnown) faults.push(`combot ${name} ${flag} does not take ${value}`);
  }
  return [...faults, ...faultsOfPlaces(name, command, places)];
}

function faultsOfPlaces(name: string, { args, strict }: ManifestCommand, places: readonly string[]): string[] {
  const known = Object.values(args);
  if (strict !== false && places.length > known.length) return [`combot ${name} takes no "${places.at(-1)}"`];
  if (name === "docs") return places.flatMap((place) => (PLACEHOLDER.test(place) ? [] : faultsOfPage(place)));
  return known.flatMap(({ options }, at) => {
    const place = places[at];
    const isKnown = place === undefined || PLACEHOLDER.test(place) || (options?.includes(place) ?? true);
    return isKnown ? [] : [`combot ${name} does not take ${place}`];
  });
}

function faultsOfPage(place: string): string[] {
  try {
    findPage(place);
    return [];
  } catch (thrown) {
    return [(thrown as Error).message];
  }
}

const WORDS = /"(?:[^"\\]|\\.)*"|'[^']*'|\S+/g;
/** What may stand before the program: sudo, variables, and the program that runs it. */
const BEFORE = /^(?:sudo|npx|exec|nohup|!|[A-Z_]+=.*)$/;

/** Calls of combot in a line for a shell. */
export function callsInShell(line: string): string[][] {
  // A comment begins behind a blank.
  const code = line.replace(/^\s*\$ /, "").replace(/(^|\s)#.*$/, "");
  const parts = code.split(/\$\(|<\(|\)|&&|\|\|?|;|(?<![>\d])&(?!>)/);
  return parts.flatMap((part) => {
    const words = part.replaceAll(/\s\d?[<>]+&?\s*\S+/g, "").match(WORDS) ?? [];
    const at = words.findIndex((word) => !BEFORE.test(word));
    return at >= 0 && /^(?:\S*\/)?combot$|^bin\/run\.js$/.test(words[at]!) ? [words.slice(at + 1).map(bare)] : [];
  });
}

function bare(word: string): string {
  return word.replace(/^["'[]+|["'\]]+$/g, "");
}

/**
 * Faults of the calls that a sentence names: "combot logs shows each end".
 *
 * @param prose words that follow the program's name without being a command.
 */
export function faultsInProse(text: string, prose: ReadonlySet<string>): string[] {
  const parts = text.split(/(?<![\w/.-])(?=combot )/);
  return parts.flatMap((part) => {
    const rest = /^combot((?: (?:--?[a-z][\w-]*(?:=\S+)?|[a-z][\w-]*(?:#[\w-]+)?|[A-Z]+))+)/.exec(part)?.[1];
    const words = rest?.trim().split(" ") ?? [];
    if (rest === undefined || prose.has(words[0] ?? "")) return [];
    // The sentence may go on behind the command; flags with their values, and pages, are the command's own.
    const isTopic =
      TOPICS.has(words[0]) && !(COMMANDS.has(words[0] ?? "") && !COMMANDS.has(words.slice(0, 2).join(" ")));
    const length = isTopic ? 2 : 1;
    const command = COMMANDS.get(words.slice(0, length).join(" "));
    const after = words.slice(length);
    const isValue = (flag = ""): boolean =>
      Object.values(command?.flags ?? {}).some((one) => one.type === "option" && formsOf(one).includes(flag));
    const own =
      words[0] === "docs"
        ? after.slice(0, 1).filter((word) => !AFTER_DOCS.has(word))
        : after.filter((word, at) => word.startsWith("-") || isValue(after[at - 1]));
    return faultsOfCall([...words.slice(0, length), ...own]);
  });
}

/** How a sentence goes on that says something of combot docs itself. */
const AFTER_DOCS = new Set(["lists", "with", "shows"]);
