import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LAUNCHER, PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { Terminal } from "../../../scripts/support/terminal.ts";
import { findPage } from "../../../src/lib/cli/doc-pages.ts";
import { packageFile } from "../../../src/lib/package-files.ts";
import type { Health } from "../../../src/lib/protocol/health.ts";
import type { EvalReport } from "../../../src/lib/protocol/model-eval.ts";
import type { InboxReply } from "../../../src/lib/protocol/inbox.ts";
import type { ShadowReply } from "../../../src/lib/protocol/shadow.ts";
import { requireBuild } from "../cli/cli-process.ts";
import { expectShown, HAS_TMUX } from "../monitor/watched.ts";

/** Few of the shop's labels and texts: what is tried is the way, and not how good it gets. */
const LABELS = 12;
const PER_LABEL = 14;
const ASKED_PER_LABEL = 8;

/** The page's commands, in order. */
const LINES = [...findPage("improve").markdown.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = ""]) =>
  block.trim().split("\n"),
);

type Row = readonly [text: string, label: string];

function rowsOf(name: string): Row[] {
  const [head = [], ...rows] = parse(readFileSync(packageFile(`models/shop-intents/data/${name}.csv`)));
  const [text, label] = [head.indexOf("text"), head.findIndex((one) => /label|intent|category/.test(one))];
  return rows.map((row): Row => [row[text] ?? "", row[label] ?? ""]);
}

function toCsv(rows: readonly Row[]): string {
  const cell = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  return `text,label\n${rows.map((row) => `${row.map(cell).join(",")}\n`).join("")}`;
}

describe.skipIf(!HAS_TMUX)("docs/improve.md, as written (not where there is no tmux)", () => {
  let folder: string;
  let daemon: PrivateDaemon;
  let meant: ReadonlyMap<string, string>;
  const outputs = new Map<string, string>();

  beforeAll(async () => {
    requireBuild();
    folder = mkdtempSync(join(tmpdir(), "ci-"));
    const byLabel = Map.groupBy(rowsOf("train"), ([, label]) => label);
    const chosen = [...byLabel.keys()].toSorted().slice(0, LABELS);
    const parts = chosen.map((label) => byLabel.get(label) ?? []);
    writeFileSync(join(folder, "train.csv"), toCsv(parts.flatMap((rows) => rows.slice(0, PER_LABEL))));
    writeFileSync(join(folder, "test.csv"), toCsv(rowsOf("test").filter(([, label]) => chosen.includes(label))));
    meant = new Map(parts.flatMap((rows) => rows.slice(PER_LABEL, PER_LABEL + ASKED_PER_LABEL)));
    daemon = await PrivateDaemon.start({ env: { JOURNAL_TEXT: "on", REDIS_URL: "off", WORKERS: "1" } });
  }, 120_000);

  afterAll(async () => {
    await daemon?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function run(line: string): Promise<void> {
    const shell = `combot() { "${process.execPath}" "${LAUNCHER}" "$@"; }; ${line}`;
    const env = { ...process.env, COMBOT_SOCKET: daemon.socketPath };
    const { stdout } = await promisify(execFile)("sh", ["-c", shell], { cwd: folder, env });
    outputs.set(line, stdout);
  }

  const inbox = (which: string) => daemon.json<InboxReply>("GET", `/api/inbox/?limit=1000&which=${which}`);
  const served = async (): Promise<string> => (await daemon.json<Health>("GET", "/api/health/")).model.dir;

  async function askAll(): Promise<void> {
    const texts = [...meant.keys()];
    await daemon.json("POST", "/api/classify/", { texts });
    // The first ones are asked more often, which the cache answers.
    for (const many of [30, 20, 10]) await daemon.json("POST", "/api/classify/", { texts: texts.slice(0, many) });
  }

  /** By hand: the first by its key, undone, by Enter, the second by a name that is new, the third passed over. */
  async function labelByHand(): Promise<void> {
    const [first, second, third] = (await inbox("open")).texts;
    const command = `${process.execPath} ${LAUNCHER} inbox label --socket ${daemon.socketPath}`;
    const terminal = await Terminal.start({ width: 90, height: 24, command: `sh -c '${command}; exec cat'` });
    try {
      await expectShown(terminal, new RegExp(`0 of \\d+ gone through[\\s\\S]*asked ${first!.count} times`));
      await terminal.press("1");
      await expectShown(terminal, /1 of \d+ gone through, 1 labelled/);
      await terminal.press("BSpace");
      await expectShown(terminal, /0 of \d+ gone through, 0 labelled/);
      await terminal.press("Enter");
      await terminal.press("/", "p", "a", "i", "n", "t", "Enter");
      await expectShown(terminal, /"paint!" makes it a new one/);
      await terminal.press("!", "Enter");
      await expectShown(terminal, /2 of \d+ gone through, 2 labelled/);
      await terminal.press("Space");
      await expectShown(terminal, /3 of \d+ gone through, 2 labelled/);
      await terminal.press("Escape");
      await expectShown(terminal, /2 of \d+ texts have a label now/);
    } finally {
      await terminal.end();
    }
    const given = new Map((await inbox("labelled")).texts.map((one) => [one.digest, one.given]));
    expect([...given]).toEqual([
      [first!.digest, first!.label],
      [second!.digest, "paint"],
    ]);
    // Whoever comes again goes on with what has none.
    expect((await inbox("open")).texts[0]!.digest).toBe(third!.digest);
    const back = [...given.keys()].map((digest) => ({ digest, label: null }));
    await daemon.json("POST", "/api/inbox/label/", { given: back });
  }

  function fillIn(): void {
    const path = join(folder, "todo.csv");
    const [head = [], ...rows] = parse(readFileSync(path));
    expect(head.slice(0, 2)).toEqual(["text", "label"]);
    expect(rows.every((row) => row[1] === "")).toBe(true);
    for (const row of rows) row[1] = meant.get(row[0]!.trim()) ?? "";
    const filled = [head, ...rows].map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(","));
    writeFileSync(path, filled.join("\n"));
  }

  /** A share of what is asked: sooner or later a text is among it. */
  async function untilCompared(): Promise<void> {
    let count = 0;
    const compared = async (): Promise<number | undefined> => {
      await daemon.json("POST", "/api/classify/", { texts: [`is parcel ${count++} on its way`] });
      return (await daemon.json<ShadowReply>("GET", "/api/model/shadow/")).shadow?.texts.compared;
    };
    await expect.poll(compared, { timeout: 60_000, interval: 20 }).toBeGreaterThan(0);
  }

  test("from the first model to the better one", async () => {
    expect(LINES.length).toBeGreaterThan(10);
    for (const line of LINES) {
      if (line === "combot inbox") await askAll();
      if (line === "combot inbox label") await labelByHand();
      else {
        if (line === "combot inbox label todo.csv") fillIn();
        await run(line);
      }
      if (line.includes("--share")) await untilCompared();
      if (line === "combot model use ./first") expect(await served()).toBe(join(folder, "first"));
    }
    const open = await inbox("open");
    const labelled = await inbox("labelled");
    expect(labelled.texts.length).toBeGreaterThan(20);
    for (const { text, given } of labelled.texts) expect([text, given]).toEqual([text, meant.get(text)]);
    expect(open.texts.filter(({ text }) => meant.has(text))).toEqual([]);
    const [asked] = labelled.texts;
    expect(asked!.count).toBe(4);
    expect(outputs.get("combot inbox")).toMatch(/^ASKED AMBIGUOUS LAST +SCORE ANSWERED +TEXT\n +4 /);
    expect(outputs.get(LINES.find((line) => line.includes("--from-inbox"))!)).toContain(
      `${LABELS * PER_LABEL + labelled.texts.length} texts`,
    );
    expect(await served()).toBe(join(folder, "better"));
    const measured = "combot model eval test.csv --model default --json";
    await run(measured);
    const report = JSON.parse(outputs.get(measured) ?? "") as EvalReport;
    expect(report.evaluated.model.dir).toBe(join(folder, "better"));
    const strange = run("combot model eval test.csv --model nobody");
    await expect(strange).rejects.toThrow(/no model nobody: there are default/);
  }, 900_000);
});
