// Manual pages from the help of the commands: into dist/man, for npm and combot deploy to install. A step of the build.
// Source of the format: man(7) of mandoc. Usage: node scripts/man.ts
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { packageFile } from "../src/lib/package-files.ts";
import { type ManifestCommand, type ManifestFlag, manifestCommands } from "./support/manifest.ts";

const TARGET = packageFile("dist/man");
const PACKAGE = JSON.parse(readFileSync(packageFile("package.json"), "utf8")) as {
  readonly version: string;
  readonly oclif: { readonly description: string };
};
const [ABOUT = "", ...EXITS] = PACKAGE.oclif.description.split("\n").filter((line) => line !== "EXIT STATUS");
const COMMANDS = manifestCommands();

/** Text that roff takes for nothing but text. */
function plain(text: string): string {
  return text
    .replaceAll("\\", String.raw`\e`)
    .replaceAll("-", String.raw`\-`)
    .replaceAll(/^(?=[.'])/gm, String.raw`\&`);
}

const bold = (text: string): string => `\\fB${plain(text)}\\fR`;
const italic = (text: string): string => `\\fI${plain(text)}\\fR`;

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`.SH ${title}`, ...lines];
}

/** Paragraphs are apart by a blank line. */
function paragraphs(text: string): string[] {
  return text
    .split(/\n\n+/)
    .filter((part) => part !== "")
    .flatMap((part, index) => (index === 0 ? [plain(part)] : [".PP", plain(part)]));
}

function item(head: string, text: string): string[] {
  return [".TP", head, plain(text)];
}

function flagItem({
  name,
  char,
  type,
  description = "",
  allowNo,
  options,
  helpValue,
  ...flag
}: ManifestFlag): string[] {
  const value = type === "boolean" ? "" : `=${italic(options?.join("|") ?? helpValue ?? "VALUE")}`;
  const long = `${bold(`--${name}`)}${value}`;
  const heads = [...(char === undefined ? [] : [bold(`-${char}`)]), long, ...(allowNo ? [bold(`--no-${name}`)] : [])];
  const byDefault = flag.default === undefined || type === "boolean" ? "" : ` Default: ${flag.default}.`;
  const often = flag.multiple ? " May be given several times." : "";
  return item(heads.join(", "), `${description}${byDefault}${often}`);
}

function argWord(name: string, required: boolean, isLastOfMany: boolean): string {
  const word = `${name.toUpperCase()}${isLastOfMany ? "..." : ""}`;
  return required ? italic(word) : `[${italic(word)}]`;
}

function synopsis(words: string, { args, strict }: ManifestCommand): string {
  const all = Object.values(args);
  const places = all.map(({ name, required }, at) =>
    argWord(name, required ?? false, strict === false && at === all.length - 1),
  );
  return [bold(`combot ${words}`), `[${italic("options")}]`, ...places].join(" ");
}

function exampleLines({ examples = [] }: ManifestCommand): string[] {
  return examples.flatMap(({ description, command }, index) => [
    ...(index === 0 ? [] : [".PP"]),
    plain(description),
    ".PP",
    ".nf",
    ".RS 4",
    plain(command),
    ".RE",
    ".fi",
  ]);
}

const EXIT_LINES = EXITS.flatMap((line) => {
  const [status = "", ...words] = line.split(/\s+/);
  return item(bold(status), words.join(" "));
});

const pageName = (words: string): string => `combot-${words.replaceAll(" ", "-")}`;

/** One after another, with commas between. */
function references(names: readonly string[]): string[] {
  return names.map((name, at) => `.BR ${plain(name)} (1)${at < names.length - 1 ? "," : ""}`);
}

function page(name: string, about: string, lines: readonly string[]): void {
  const head = [
    String.raw`.\" Made from combot's help by scripts/man.ts.`,
    `.TH ${name.toUpperCase()} 1 "" "combot ${PACKAGE.version}" "combot manual"`,
    ".SH NAME",
    String.raw`${plain(name)} \- ${plain(about.replace(/\.$/, ""))}`,
  ];
  writeFileSync(`${TARGET}/${name}.1`, `${[...head, ...lines].join("\n")}\n`);
}

function commandPage(words: string, command: ManifestCommand): void {
  const { summary = "", description = "", args, flags } = command;
  const shown = Object.values(flags).filter(({ hidden }) => !hidden);
  const places = Object.values(args).map((arg) =>
    item(
      italic(arg.name.toUpperCase()),
      `${arg.description ?? ""}${arg.options ? ` One of ${arg.options.join(", ")}.` : ""}`,
    ),
  );
  const topic = words.split(" ")[0];
  const kin = [...COMMANDS.keys()].filter((one) => one !== words && words.includes(" ") && one.split(" ")[0] === topic);
  page(pageName(words), summary, [
    ...section("SYNOPSIS", [synopsis(words, command)]),
    ...section("DESCRIPTION", paragraphs(description === "" ? summary : description)),
    ...section("ARGUMENTS", places.flat()),
    ...section("OPTIONS", shown.flatMap(flagItem)),
    ...section("EXAMPLES", exampleLines(command)),
    ...section("EXIT STATUS", EXIT_LINES),
    ...section("SEE ALSO", references(["combot", ...kin.map(pageName)])),
  ]);
}

mkdirSync(TARGET, { recursive: true });
for (const [words, command] of COMMANDS) commandPage(words, command);
page("combot", ABOUT, [
  ...section("SYNOPSIS", [`${bold("combot")} ${italic("command")} [${italic("options")}]`]),
  ...section("DESCRIPTION", paragraphs(`${ABOUT}\n\ncombot docs lists the pages of the manual.`)),
  ...section(
    "COMMANDS",
    [...COMMANDS].flatMap(([words, { summary = "" }]) => item(`${bold(pageName(words))}(1)`, summary)),
  ),
  ...section("EXIT STATUS", EXIT_LINES),
  ...section("FILES", [
    ...item(italic("/etc/combot/combot.env"), "Settings of a deployed combot; combot docs settings lists them all."),
    ...item(italic("/run/combot/combot.sock"), "The user socket of a deployed combot; control.sock lies beside it."),
  ]),
  ...section("SEE ALSO", references([...COMMANDS.keys()].map(pageName))),
]);
