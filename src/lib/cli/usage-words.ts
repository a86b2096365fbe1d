import { stripVTControlCharacters } from "node:util";
import { messageOf } from "../errors.ts";
import { nearestName } from "./near-name.ts";

const HELP_OF_OCLIF = "\nSee more help with --help";
/** Beside those that a command declares. */
const OF_ALL = ["--help"];

interface Refused {
  /** Those that there are not. */
  readonly flags?: unknown;
  /** Those that are missing. */
  readonly args?: unknown;
  readonly parse?: { readonly input?: { readonly flags?: Readonly<Record<string, { readonly allowNo?: boolean }>> } };
}

/** What oclif finds wrong with a command line, on one line and in words for whoever typed it. */
export function usageWords(thrown: unknown): string {
  const message = stripVTControlCharacters(messageOf(thrown)).replace(HELP_OF_OCLIF, "");
  const { flags, args, parse } = thrown as Refused;
  if (message.startsWith("Nonexistent flag") && Array.isArray(flags)) {
    return unknownFlags(flags.map(String), knownFlags(parse?.input?.flags ?? {}));
  }
  if (message.startsWith("Missing ") && Array.isArray(args)) return missing(args as readonly Described[]);
  return onOneLine(message);
}

function knownFlags(declared: Readonly<Record<string, { readonly allowNo?: boolean }>>): readonly string[] {
  const names = Object.entries(declared).flatMap(([name, { allowNo }]) => [name, ...(allowNo ? [`no-${name}`] : [])]);
  return [...names.map((name) => `--${name}`), ...OF_ALL];
}

function unknownFlags(flags: readonly string[], known: readonly string[]): string {
  return flags
    .map((flag) => {
      const near = flag.startsWith("--") ? nearestName(flag, known) : undefined;
      return `There is no flag ${flag}.${near === undefined ? "" : ` Did you mean ${near}?`}`;
    })
    .join(" ");
}

interface Described {
  readonly name: string;
  readonly description?: string;
}

function missing(args: readonly Described[]): string {
  return args
    .map(({ name, description }) => `${name.toUpperCase()} is missing${description ? `: ${description}` : "."}`)
    .join(" ");
}

/** `Parsing --top-k ⏎⇥Expected an integer but received: x`, `The following error occurred:⏎  --remove=true cannot …`. */
function onOneLine(message: string): string {
  const line = message.replaceAll(/\s*\n\s*/g, " ").trim();
  return line
    .replace(/^Parsing (--?\S+) Expected (.+?) but received: (.*)$/, "$1 takes $2, not $3.")
    .replace(/^Expected (--?[^=\s]+)=(.*) to be one of: (.*)$/, "$1 takes one of $3, not $2.")
    .replace(/^The following errors? occurred: /, "")
    .replaceAll(/(--[a-z-]+)=true\b/g, "$1");
}
