import { docPages } from "../../src/lib/cli/doc-pages.ts";
import { type ManifestCommand, type ManifestFlag, manifestCommands } from "../support/manifest.ts";

/** What may follow a flag, or stand as an argument: words of a list, a path, or anything. */
export type Value = readonly string[] | "path" | "any";

export interface KnownFlag {
  readonly name: string;
  readonly char?: string | undefined;
  readonly about: string;
  /** Undefined where it takes none. */
  readonly value?: Value | undefined;
  readonly isMultiple: boolean;
}

export interface KnownCommand {
  /** `["model", "use"]`. */
  readonly words: readonly string[];
  readonly about: string;
  readonly flags: readonly KnownFlag[];
  /** By their order; the last one of a command that takes any number stands for the others. */
  readonly args: readonly Value[];
  readonly isOpen: boolean;
}

/** As a flag's help shows what it takes: FILE.html, DIR … */
const PATHS = /^(FILE|DIR|PATH)\b/;
const PATH_ARGS = ["dir"];

/** All commands of oclif's manifest, and help, which is a plugin's. */
export function knownCommands(): readonly KnownCommand[] {
  const own = [...manifestCommands()].map(([id, command]) => known(id, command));
  const names = [...new Set(own.map(({ words }) => words[0] ?? ""))];
  const help = { words: ["help"], about: "Show the help of a command.", flags: [], args: [names], isOpen: false };
  return [...own, help].toSorted((a, b) => (a.words.join(" ") < b.words.join(" ") ? -1 : 1));
}

function known(id: string, { summary = "", flags, args, strict }: ManifestCommand): KnownCommand {
  return {
    words: id.split(" "),
    about: summary,
    flags: Object.values(flags).flatMap(flagsOf),
    args: Object.values(args).map(({ name, options }) => options ?? argValue(name)),
    isOpen: strict === false,
  };
}

function argValue(name: string): Value {
  if (name === "page") return docPages().map((page) => page.name);
  return PATH_ARGS.includes(name) ? "path" : "any";
}

function flagsOf({ name, char, type, description = "", hidden, allowNo, multiple, helpValue, options }: ManifestFlag) {
  if (hidden) return [];
  const value = type === "boolean" ? undefined : (options ?? (PATHS.test(helpValue ?? "") ? "path" : "any"));
  const flag: KnownFlag = { name, char, about: firstSentence(description), value, isMultiple: multiple ?? false };
  return allowNo ? [flag, { ...flag, name: `no-${name}`, char: undefined }] : [flag];
}

function firstSentence(text: string): string {
  return (/^.*?[.;:](?= |$)/.exec(text.split("\n")[0] ?? "")?.[0] ?? text).replace(/[.;:]$/, "");
}

/** `model`, and whatever else has commands of its own. */
export function topicsOf(commands: readonly KnownCommand[]): readonly string[] {
  return [...new Set(commands.filter(({ words }) => words.length > 1).map(({ words }) => words[0] ?? ""))];
}
