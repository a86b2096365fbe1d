import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { beforeAll, describe, expect, test } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { docPages } from "../../../src/lib/cli/doc-pages.ts";
import { PACKAGE_FOLDER } from "../../../src/lib/package-files.ts";
import { linksOf } from "../../../src/lib/render/markdown/sections.ts";
import { faultsOfPage, type Known } from "../../support/docs/page-faults.ts";
import { shippedFiles } from "../../support/docs/shipped.ts";
import { RedisServer } from "../../support/redis-server.ts";
import { requireBuild } from "../cli/cli-process.ts";

const PAGES = globSync(["*.md", "docs/*.md", "docs/decisions/*.md", "models/*/*.md", "clients/*/*.md"], {
  cwd: PACKAGE_FOLDER,
}).toSorted();
/** What is kept of versions that were: names that are gone by now belong there. */
const HISTORY = "CHANGELOG.md";

const read = (file: string): string => readFileSync(join(PACKAGE_FOLDER, file), "utf8");

let known: Known = { shipped: new Set(), metrics: new Set() };

beforeAll(async () => {
  requireBuild();
  const redis = await RedisServer.start({ port: 0 });
  const daemon = await PrivateDaemon.start({
    env: { REDIS_URL: redis.unixUrl, WORKERS: "1", OTLP_ENDPOINT: "http://127.0.0.1:1" },
  });
  const { text } = await daemon.ask("GET", "/metrics");
  const metrics = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = ""]) => name);
  const journal = new DatabaseSync(join(daemon.folder, "state", "journal.db"), { readOnly: true });
  const tables = journal.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
  journal.close();
  await daemon.stop();
  await redis.end();
  known = { shipped: shippedFiles(), metrics: new Set([...metrics, ...tables.map(({ name }) => String(name))]) };
}, 60_000);

test.each(PAGES.filter((file) => file !== HISTORY))("%s: links, commands, flags, paths and names are real", (file) => {
  expect(faultsOfPage(read(file), file, known)).toEqual([]);
});

test("every page that can be shown is in the package, and every page of docs/ can be shown", () => {
  const shown = docPages().map(({ path }) => path.slice(PACKAGE_FOLDER.length + 1));
  for (const file of shown.filter((one) => one.endsWith(".md"))) expect(known.shipped, file).toContain(file);
  const written = PAGES.filter((file) => /^docs\/[^/]+\.md$/.test(file) && file !== "docs/README.md");
  expect(shown).toEqual(expect.arrayContaining(written));
});

test("of measurements what a page links is in the package, and nothing else", () => {
  const linked = PAGES.flatMap((file) => linksOf(read(file)).map((href) => join(file, "..", href)));
  const measured = [...known.shipped].filter((file) => /^docs\/(acceptance|benchmarks)\//.test(file));
  expect(measured.length).toBeGreaterThan(0);
  for (const file of measured) expect(linked).toContain(file);
});

test("README and quickstart go from an empty machine to a monitored service by the same ten lines", () => {
  const linesOf = (file: string): string[] =>
    /```sh\n(sudo apt-get update\n.*?)\n```/s.exec(read(file))?.[1]?.split("\n") ?? [];
  expect(linesOf("README.md")).toHaveLength(10);
  expect(linesOf("docs/quickstart-t3-large.md")).toEqual(linesOf("README.md"));
});

describe("what is broken is found", () => {
  test.each([
    ["a link to a page that isn't there", "[memory](memory-and-more.md)", "memory-and-more.md leads nowhere"],
    ["a link to a heading that isn't there", "[disk](alerts.md#disc)", "alerts.md#disc leads to no heading"],
    ["a link into the page itself", "# One\n\n[two](#two)", "#two leads to no heading"],
    ["a link out of the package", "[a test](../test/e2e/docs/pages.test.ts)", "is not in the package"],
    ["a picture", "![it](pictures/gone.svg)", "pictures/gone.svg leads nowhere"],
    ["a link in a table", "| a |\n| - |\n| [x](gone.md) |", "gone.md leads nowhere"],
    ["a command in a block", "```sh\nsudo combot deplyo --yes\n```", "combot deplyo is not a command"],
    ["a command in a sentence", "`combot model laod` loads", "combot model laod is not a command"],
    ["a command after a pipe", "```sh\ncat x | combot clasify -\n```", "combot clasify is not a command"],
    ["a command within another", "```sh\ncp $(combot dcos --path)/x y\n```", "combot dcos is not a command"],
    ["a flag", "```console\n$ combot perf-test --rte 20\n```", "combot perf-test has no --rte"],
    ["another command's flag", "`combot status --rate 20`", "combot status has no --rate"],
    ["a flag by itself", "`--redis-prot N` says", "no command has --redis-prot"],
    ["a flag's value", "`combot cleanup --level softly`", "--level does not take softly"],
    ["an argument too many", "`combot status now`", 'combot status takes no "now"'],
    ["a page", "`combot docs memry`", "combot has no page memry"],
    ["a section", "`combot docs alerts#disc`", "alerts has no section disc"],
    ["a file", "see src/lib/errorz.ts", "there is no src/lib/errorz.ts"],
    ["a place", "`/etc/combot/combot.conf`", "/etc/combot/combot.conf is no place of combot's"],
    ["one place of several", "`/etc/systemd/system/combot-{backup,chek}.timer`", "combot-chek.timer is no place"],
    ["a socket", "`/run/combot/user.sock`", "/run/combot/user.sock is no place"],
    ["a unit", "`systemctl restart combot-daemon`", "combot-daemon is no unit"],
    ["a setting", "`COMBOT_TOKNES_FILE`", "COMBOT_TOKNES_FILE is neither a setting nor a code"],
    ["a setting of one word", "`WORKRES`", "WORKRES is neither a setting nor a code"],
    ["a line of settings", "```sh\nKEEPALIV=2s\n```", "KEEPALIV is neither a setting nor a code"],
    ["a path of the API", "`GET /api/healthy/` says", "/api/healthy/ is no path of the API"],
    ["a method", "`PUT /api/health/`", "/api/health/ does not take PUT"],
    ["a metric", "`combot_requests_totl`", "combot_requests_totl is no metric"],
    ["a script", "`npm run docz`", "npm run docz is no script"],
    ["a capability", "`npm run accept -- serving`", "npm run accept knows no serving"],
  ])("%s", (_, markdown, fault) => {
    expect(faultsOfPage(markdown, "docs/alerts.md", known).join("\n")).toContain(fault);
  });

  test("and what is right is not", () => {
    const right = [
      "[memory](memory.md#the-ladder) `sudo combot deploy --no-start --profile t3.large` `combot docs alerts#disk`",
      "`/etc/systemd/system/combot-{backup,check}.{service,timer}` `WORKERS` `GET /api/health/` `npm run accept -- serve`",
      "```sh\nCOMBOT_SOCKET=./x.sock combot classify - < texts.txt | head\ncombot decisions -f &\n```",
    ];
    expect(faultsOfPage(right.join("\n\n"), "docs/alerts.md", known)).toEqual([]);
  });
});
