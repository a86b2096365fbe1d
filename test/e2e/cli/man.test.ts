import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { manifestCommands } from "../../../scripts/support/manifest.ts";
import { requireBuild } from "./cli-process.ts";

beforeAll(requireBuild);

const ROOT = join(import.meta.dirname, "../../..");
const FOLDER = join(ROOT, "dist/man");
const BACKSPACE = "\b";
const PAGES = [...manifestCommands().keys()].map((words) => ({
  words,
  file: `combot-${words.replaceAll(" ", "-")}.1`,
}));

/** The page as it is read. */
function shown(file: string): string {
  const { stdout, status } = spawnSync("mandoc", ["-T", "utf8", join(FOLDER, file)], { encoding: "utf8" });
  expect(status, file).toBe(0);
  // Bold and underlined letters are struck over.
  const once = stdout.replaceAll(new RegExp(`.${BACKSPACE}`, "gu"), "");
  return once.replaceAll(/\s+/g, " ");
}

test("package.json hands npm every page that is built, and no other", () => {
  const { man } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { man: string[] };
  const built = readdirSync(FOLDER).map((file) => `dist/man/${file}`);
  expect(man).toEqual(built.toSorted());
  expect(built.toSorted()).toEqual(
    ["combot.1", ...PAGES.map(({ file }) => file)].map((f) => `dist/man/${f}`).toSorted(),
  );
});

test("mandoc finds nothing wrong with them", () => {
  const files = readdirSync(FOLDER).map((file) => join(FOLDER, file));
  const { stdout } = spawnSync("mandoc", ["-T", "lint", "-W", "warning", ...files], { encoding: "utf8" });
  // A date would make two builds of one version differ.
  expect(stdout.split("\n").filter((line) => line !== "" && !line.includes("missing date"))).toEqual([]);
});

describe.each(PAGES)("$file", ({ words, file }) => {
  test("has every flag and every example of the help", () => {
    const { flags, examples = [], summary = "" } = manifestCommands().get(words)!;
    const text = shown(file);
    expect(text).toContain(`combot-${words.replaceAll(" ", "-")} - ${summary.replace(/\.$/, "")}`);
    for (const { name, description = "" } of Object.values(flags)) {
      expect(text).toContain(`--${name}`);
      expect(text.replaceAll("- ", "-")).toContain(description.replaceAll(/\s+/g, " ").replaceAll("- ", "-").trim());
    }
    for (const { command } of examples) expect(text).toContain(command.replaceAll(/\s+/g, " "));
    expect(text).toContain("EXIT STATUS");
  });
});
