import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { errorsPage } from "../../../scripts/errors-docs.ts";
import { ERRORS } from "../../../src/lib/error-table.ts";

test("docs/errors.md is what the table of errors makes of it", () => {
  const script = fileURLToPath(new URL("../../../scripts/errors-docs.ts", import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [script, "--check"], { encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
});

test("the page has a row for each code", async () => {
  const page = await errorsPage();
  for (const [code, { http, exit, title }] of Object.entries(ERRORS)) {
    expect(page.split("\n").filter((line) => line.startsWith(`| \`${code}\``))).toHaveLength(1);
    expect(page).toMatch(new RegExp(`\`${code}\` +\\| ${http} +\\| ${exit} +\\| ${title} `));
  }
});
