import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { manifestCommands } from "../../../scripts/support/manifest.ts";
import { ALERT_RULES } from "../../../src/daemon/policy/alerts/rules.ts";
import { checkFile } from "../../../src/lib/config/check.ts";
import { ERRORS } from "../../../src/lib/error-table.ts";
import { PACKAGE_FOLDER } from "../../../src/lib/package-files.ts";
import { ALERTS } from "../../../src/lib/protocol/alerts.ts";
import { findPage } from "../../../src/lib/cli/doc-pages.ts";
import { ALL_FLAGS, faultsInProse } from "../../support/docs/commands.ts";
import { faultsOfCapitals, faultsOfPlaces, faultsOfUnits } from "../../support/docs/names.ts";
import { temporaryFolder } from "../../support/temporary.ts";

/** How a sentence goes on that says something of combot. */
const SAID = new Set(
  [
    "answers as backs can check could cron did does ended for from gives has holds in is itself keeps killed knows lies made",
    "makes may must needs nor of on or serves that to was where with works writes wrote runs and it its",
  ].flatMap((words) => words.split(" ")),
);

const SOURCES = globSync(["src/**/*.ts", "templates/**/*", "package.json"], {
  cwd: PACKAGE_FOLDER,
  exclude: (name) => name.includes("perf-report"),
}).filter((file) => /\.\w+$/.test(file));

/** What of a file may be shown to somebody: strings and templates, without the comments of the code. */
function shownBy(file: string): string {
  const text = readFileSync(join(PACKAGE_FOLDER, file), "utf8");
  if (!file.endsWith(".ts")) return text;
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
}

test.each(SOURCES)("%s names commands, flags and pages that are there", (file) => {
  const text = shownBy(file);
  expect(faultsInProse(text, SAID)).toEqual([]);
  // Nobody who has installed it has a folder docs/ before him.
  expect(text.match(/(?<!\/)\bdocs\/(?!README)[\w-]+\.md/g) ?? []).toEqual([]);
});

const HELP = [...manifestCommands()].flatMap(([words, { summary, description, examples = [], flags, args }]) => [
  [`combot ${words}`, [summary, description, ...Object.values(args).map((arg) => arg.description)].join("\n")] as const,
  ...Object.values(flags).map((flag) => [`combot ${words} --${flag.name}`, flag.description ?? ""] as const),
  ...examples.map(({ command }) => [`an example of combot ${words}`, command] as const),
]);
const TEXTS: readonly (readonly [string, string])[] = [
  ...HELP,
  ...Object.entries(ERRORS).map(([code, { title, help }]) => [code, `${title}. ${help}`] as const),
  ...ALERTS.map((alert) => [alert, `${ALERT_RULES[alert].cause} ${ALERT_RULES[alert].help}`] as const),
];

test.each(TEXTS)("%s: settings, units, places and flags are real", (_, text) => {
  const flags = text.match(/(?<=^|[\s(])--[a-z][\w-]*/g) ?? [];
  const unknown = flags.filter((flag) => !ALL_FLAGS.has(flag) && !OTHERS.includes(flag));
  expect([...faultsOfCapitals(text), ...faultsOfUnits(text), ...faultsOfPlaces(text), ...unknown]).toEqual([]);
});

/** journalctl's in an example of combot logs, and ps's. */
const OTHERS = ["--since", "--sort"];

test("every alert has a section of its page", () => {
  for (const alert of ALERTS) expect(findPage(`alerts#${alert}`).markdown).toContain(ALERT_RULES[alert].summary);
});

test("every unit names a page that a release has, and a manual page that is built", () => {
  const units = globSync("templates/combot*.{service,socket,timer,target}.eta", { cwd: PACKAGE_FOLDER });
  expect(units.length).toBeGreaterThan(5);
  for (const file of units) {
    const [, man = "", page = ""] =
      /^Documentation=man:([\w-]+)\(1\) file:<%= it\.current %>\/(docs\/\S+)$/m.exec(
        readFileSync(join(PACKAGE_FOLDER, file), "utf8"),
      ) ?? [];
    const found = globSync([`dist/man/${man}.1`, page], { cwd: PACKAGE_FOLDER });
    expect(found, file).toHaveLength(2);
  }
});

describe("docs/proxies.md", () => {
  test("the settings are taken, with the token where systemd puts a credential", () => {
    const lines = findPage("proxies").markdown.match(/^COMBOT_\w+=.*$/gm) ?? [];
    expect(lines).toHaveLength(3);
    const folder = temporaryFolder();
    const [file, credentials] = [join(folder, "combot.env"), join(folder, "credentials")];
    writeFileSync(file, `${lines.join("\n")}\n`);
    mkdirSync(credentials);
    writeFileSync(join(credentials, "token"), `${"x".repeat(44)}\n`, { mode: 0o600 });
    const machine = { cores: 2, memoryBytes: 8 * 1024 ** 3 };
    expect(checkFile(file, { env: { CREDENTIALS_DIRECTORY: credentials }, machine })).toMatchObject({
      faults: [],
      warnings: [],
    });
  });
});

describe("what is broken is found", () => {
  test.each([
    ["combot logz shows each end", "combot logz is not a command"],
    ["combot docs erors says what each one means.", "combot has no page erors"],
    ["combot docs alerts#disc", "alerts has no section disc"],
    ["sudo combot deploy --rolback", "combot deploy has no --rolback"],
    ["combot model laod tries at once", "combot model laod is not a command"],
  ])("%s", (text, fault) => {
    expect(faultsInProse(text, SAID).join("\n")).toContain(fault);
  });
});
