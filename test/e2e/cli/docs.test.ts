import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Terminal } from "../../../scripts/support/terminal.ts";
import { docPages } from "../../../src/lib/cli/doc-pages.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { requireBuild, runCli } from "./cli-process.ts";

beforeAll(requireBuild);

const ROOT = join(import.meta.dirname, "../../..");
const RUN = join(ROOT, "bin/run.js");
const COLOUR = "\u001B[";

test("without a page it lists all of them, each with what it has and the question it answers", async () => {
  const { status, stdout, stderr } = await runCli(["docs"]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  for (const { name, about, question } of docPages()) {
    expect(stdout).toMatch(new RegExp(`^${name} +${about}\n +${question.replaceAll("?", "\\?")}$`, "m"));
  }
});

describe("a page", () => {
  test.each(docPages().map(({ name }) => [name]))("%s fits into 80 columns, code apart", async (name) => {
    const { status, stdout } = await runCli(["docs", name]);
    expect(status).toBe(0);
    const wide = stdout.split("\n").filter((line) => line.length > 80 && !line.startsWith("      "));
    expect(wide).toEqual([]);
    // Nothing of Markdown is left over; the marks of code stay where there are no colours.
    expect(stdout).not.toMatch(/^ {0,3}(```|\|.*\||#+ )|\]\((?!\S+\))/m);
  });

  test("keeps every row of a table, whichever way it is set", async () => {
    const { stdout } = await runCli(["docs", "errors"]);
    const codes = readFileSync(join(ROOT, "docs/errors.md"), "utf8").match(/^\| `\w+`/gm) ?? [];
    expect(codes.length).toBeGreaterThan(40);
    for (const code of codes) expect(stdout).toContain(code.slice(2));
  });

  test("names the pages it links to", async () => {
    expect((await runCli(["docs", "models"])).stdout).toMatch(/See also\n\n {2}`combot docs` with .*model-card/);
  });

  test("has no colours with NO_COLOR, and has them where they are forced", async () => {
    const forced = await runCli(["docs", "memory"], { env: { FORCE_COLOR: "1" } });
    expect(forced.stdout).toContain(COLOUR);
    const { stdout } = await runCli(["docs", "memory"], { env: { FORCE_COLOR: "1", NO_COLOR: "1" } });
    expect(stdout).not.toContain(COLOUR);
  });

  test("--plain is the Markdown as it is, --path where it lies", async () => {
    const file = join(ROOT, "docs/cache.md");
    expect((await runCli(["docs", "cache", "--plain"])).stdout).toBe(readFileSync(file, "utf8"));
    expect((await runCli(["docs", "cache", "--path"])).stdout).toBe(`${file}\n`);
    expect((await runCli(["docs", "--path"])).stdout).toBe(`${join(ROOT, "docs")}\n`);
  });

  test("--json has the name, the place and the Markdown", async () => {
    const { stdout } = await runCli(["docs", "alerts#disk", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ name: "alerts", markdown: expect.stringMatching(/^## disk\n/) });
  });
});

test.each([
  ["docs/alerts.md"],
  ["ALERTS"],
  ["alerts.md#disk"],
  ["12"],
  ["decisions/0012-machine-figures-from-proc"],
  ["docs/decisions/0012-machine-figures-from-proc.md"],
])("%s is known too", async (name) => {
  expect((await runCli(["docs", name])).status).toBe(0);
});

test.each([
  ["alrets", "Did you mean combot docs alerts?"],
  ["perftest", "Did you mean combot docs perf-test?"],
  ["alerts#memory-critcal", "Did you mean combot docs alerts#memory-critical?"],
  ["0999", "combot docs lists the pages"],
  ["../../etc/passwd", "combot docs lists the pages"],
])("%s is told of with the nearest name, and 2", async (name, told) => {
  const { status, stderr } = await runCli(["docs", name]);
  expect(status).toBe(2);
  expect(stderr).toContain(told);
});

describe("on a terminal", () => {
  async function show(env: Readonly<Record<string, string>>, page = "cache"): Promise<Terminal> {
    const command = `sh -c "trap : INT; ${process.execPath} ${RUN} docs ${page}; echo status $?; sleep 600"`;
    const terminal = await Terminal.start({ width: 100, height: 24, command, env });
    onTestFinished(() => terminal.end());
    return terminal;
  }
  const screen = async (terminal: Terminal): Promise<string> => (await terminal.screen()).join("\n");
  const SOON = { timeout: 20_000, interval: 50 };

  test("the page goes through less, which Ctrl-C does not end and q does", { timeout: 60_000 }, async () => {
    const terminal = await show({ XDG_CACHE_HOME: temporaryFolder() });
    await expect.poll(() => screen(terminal), SOON).toMatch(/^The cache\n[\s\S]*\n:$/);
    await terminal.press("C-c");
    // What is typed while less takes its interrupt, it throws away.
    const atTheEnd = (): Promise<string> => terminal.press("G").then(() => screen(terminal));
    await expect.poll(atTheEnd, SOON).toContain("(END)");
    await terminal.press("q");
    await expect.poll(() => screen(terminal), SOON).toContain("status 0");
  });

  test("through the program that PAGER names", { timeout: 60_000 }, async () => {
    const folder = temporaryFolder();
    const terminal = await show({ PAGER: `tee ${folder}/all | wc -l > ${folder}/lines` });
    await expect.poll(() => screen(terminal), SOON).toContain("status 0");
    const all = readFileSync(join(folder, "all"), "utf8");
    expect(all).toContain(`${COLOUR}1mThe cache`);
    expect(readdirSync(folder).toSorted()).toEqual(["all", "lines"]);
  });

  test.each([["cat"], [""], ["no-such-pager"]])("and at once with PAGER=%s", { timeout: 60_000 }, async (PAGER) => {
    const terminal = await show({ PAGER }, "0008");
    await expect.poll(() => screen(terminal), SOON).toContain("status 0");
    expect(await screen(terminal)).toContain("Recycling a worker keeps what it has put into Redis");
  });

  test("a pager that is closed before the end is no failure", { timeout: 60_000 }, async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "pager"), "#!/bin/sh\nhead -c 10\n", { mode: 0o755 });
    const terminal = await show({ PAGER: join(folder, "pager") }, "settings");
    await expect.poll(() => screen(terminal), SOON).toContain("status 0");
  });
});
