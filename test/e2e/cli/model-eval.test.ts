import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test, vi } from "vitest";
import type { EvalReport } from "../../../src/lib/protocol/model-eval.ts";
import { treeOf } from "../../../scripts/support/process-tree.ts";
import { ODD_LABELS, writeOddModel } from "../../support/odd-models.ts";
import { shapeOf } from "../../support/shape.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { TRIAL_LABELS, TRIAL_VOCABULARY, weightOf, writeTrialModel } from "../../support/trial-models.ts";
import { schedulingOf, threadPriorities } from "../../support/thread-priorities.ts";
import { finish, requireBuild, runCli, startCli } from "./cli-process.ts";

// What is measured takes what other tests leave.
vi.setConfig({ testTimeout: 240_000 });
beforeAll(requireBuild);

const WORDS = TRIAL_VOCABULARY.slice(4);
const ROWS = 240;

/** The labels' shares by hand: a row of the table for each token, added up, and a softmax. */
function sharesOf(text: string): number[] {
  const tokens = ["[CLS]", ...text.split(" "), "[SEP]"].map((token) => TRIAL_VOCABULARY.indexOf(token));
  const powers = TRIAL_LABELS.map((_, label) =>
    Math.exp(tokens.reduce((sum, token) => sum + weightOf(token, label), 0)),
  );
  return powers.map((power) => power / powers.reduce((sum, other) => sum + other));
}

function bestOf(text: string): { readonly label: string; readonly score: number } {
  const shares = sharesOf(text);
  const score = Math.max(...shares);
  return { label: TRIAL_LABELS[shares.indexOf(score)]!, score: Math.round(score * 1e6) / 1e6 };
}

/** What the model says itself, but for every fifth row, which is of the next label; and some of none. */
const TEXTS = Array.from({ length: ROWS }, (_, at) =>
  [at, at * 7 + 3, at * 11 + 5].map((number) => WORDS[number % WORDS.length]).join(" "),
);
const EXPECTED = TEXTS.map((text, at) => {
  const given = TRIAL_LABELS.indexOf(bestOf(text).label as (typeof TRIAL_LABELS)[number]);
  return at % 5 === 0 ? TRIAL_LABELS[(given + 1) % 3]! : TRIAL_LABELS[given]!;
});
const STRANGERS = ["hello hello", "ok and ok"];

function writeRows(rows: readonly (readonly [string, string])[]): string {
  const path = join(temporaryFolder(), "rows.csv");
  writeFileSync(path, `text,label\n${rows.map(([text, label]) => `"${text}",${label}`).join("\n")}\n`);
  return path;
}

const model = (spec: object = {}): string => writeTrialModel(join(temporaryFolder(), "trial"), spec);
const rows = (): string =>
  writeRows([
    ...TEXTS.map((text, at) => [text, EXPECTED[at]!] as const),
    ...STRANGERS.map((text) => [text, ""] as const),
  ]);

test("what a model says of rows, beside another, fitted and on a page", async () => {
  const [dir, other, page] = [model(), model({ pooling: "last" }), join(temporaryFolder(), "page.html")];
  writeFileSync(join(dir, "combot.json"), '{"minMargin":0.125}');
  const flags = ["--model", dir, "--compare", other, "--target-accuracy", "0.75", "--report", page];
  const { status, stdout, stderr } = await runCli(["model", "eval", rows(), ...flags, "--fit", "--json"]);
  expect([status, stderr]).toEqual([0, ""]);
  const report = JSON.parse(stdout) as EvalReport;
  const { evaluated, comparison, fit } = report;

  // By hand: four of five are right.
  expect(evaluated).toMatchObject({ texts: ROWS, right: ROWS - ROWS / 5, accuracy: 0.8, outOfScope: { texts: 2 } });
  const mean = TEXTS.reduce((sum, text) => sum + bestOf(text).score, 0) / ROWS;
  expect(Math.abs(evaluated.calibration.meanScore - mean)).toBeLessThan(1e-5);
  for (const { label, texts, right } of evaluated.labels) {
    expect(texts).toBe(EXPECTED.filter((one) => one === label).length);
    expect(right).toBe(EXPECTED.filter((one, at) => one === label && bestOf(TEXTS[at]!).label === label).length);
  }

  // The other one says the same of every row.
  const always = report.other!.labels.find(({ predicted }) => predicted > 0)!.label;
  const isRight = (at: number): boolean => at % 5 !== 0;
  expect(comparison).toMatchObject({
    gained: EXPECTED.filter((label, at) => isRight(at) && label !== always).length,
    lost: EXPECTED.filter((label, at) => !isRight(at) && label === always).length,
    agreed: TEXTS.filter((text) => bestOf(text).label === always).length,
    verdict: "better",
  });
  // Of which it is always right, and the model four times of five.
  const fallen = comparison!.labels.filter(({ verdict }) => verdict === "worse").map(({ label }) => label);
  expect(fallen).toEqual([always]);

  // What was there stays, and nothing lies beside it.
  expect(fit?.written).toBe(join(dir, "combot.json"));
  expect(JSON.parse(readFileSync(fit!.written!, "utf8"))).toEqual({ minMargin: 0.125, ...fit?.settings });
  expect(readdirSync(dir).filter((name) => name.startsWith("combot.json"))).toEqual(["combot.json"]);
  expect(readFileSync(page, "utf8")).toContain(JSON.stringify(evaluated.accuracy));
  expect(shapeOf(report)).toMatchSnapshot();
}, 300_000);

test("a model that is worse ends with 4 and says of what", async () => {
  const flags = ["--model", model({ pooling: "last" }), "--compare", model(), "--no-worse", "--min-accuracy", "0.9"];
  const { status, stdout } = await runCli(["model", "eval", rows(), ...flags]);
  expect(status).toBe(4);
  expect(stdout).toMatch(/^accuracy +0\.\d{3} \(95%: /m);
  expect(stdout).toMatch(/The accuracy is 0\.\d{4}, and 0\.9 is wanted\.\nIt is worse than the other: \d+ rows gained/);
}, 300_000);

test.each<[string, () => string[], RegExp]>([
  ["too few rows", () => [writeRows([["hello", "one"]])], /rows\.csv: 1 labelled rows tell too little: give 30/],
  ["no such file", () => [join(temporaryFolder(), "none.csv")], /There is no file .*none\.csv/],
  [
    "a label that the model has not",
    () => [writeRows([...TEXTS.map((text) => [text, "one"] as const), ["hello", "onne"]])],
    /line 242: the model has no label\s+"onne"\. Out of scope is/,
  ],
  ["nothing to be no worse than", () => [rows(), "--no-worse"], /--compare/],
])(
  "%s ends with 2",
  async (_, args, told) => {
    const { status, stderr } = await runCli(["model", "eval", ...args(), "--model", model()]);
    expect(stderr).toMatch(told);
    expect(status).toBe(2);
  },
  240_000,
);

test("a daemon beside it is not to feel it: every thread of it and of its workers has the lowest priority", async () => {
  const dir = writeOddModel(temporaryFolder(), { slowRounds: 20 });
  const all = Array.from({ length: 60 }, (_, at) => [`alpha ${"beta ".repeat(at)}`, ODD_LABELS[at % 3]!] as const);
  const cli = startCli(["model", "eval", writeRows(all), "--model", dir], { stdio: "ignore" });
  const finished = finish(cli);
  const others = (): number[] => {
    try {
      // The command itself shows what comes of it.
      return treeOf(cli.pid!).slice(1);
    } catch {
      // One of them has ended meanwhile.
      return [];
    }
  };
  // SCHED_IDLE of sched(7).
  const gaveWay = (pid: number): boolean =>
    threadPriorities(pid).every((priority) => priority === 19) && schedulingOf(pid).every((policy) => policy === 5);
  const lowered = (): boolean => {
    const pids = others();
    return pids.length >= 2 && pids.every(gaveWay);
  };
  await expect.poll(lowered, { timeout: 200_000, interval: 5 }).toBe(true);
  const [first] = others();
  // What a priority counts for is decided among sessions first, where the kernel has that.
  const session = `/proc/${first}/autogroup`;
  expect(existsSync(session) ? readFileSync(session, "latin1") : "nice 19").toContain("nice 19");
  expect(existsSync(session) ? readFileSync("/proc/self/autogroup", "latin1") : "nice 0").not.toContain("nice 19");
  cli.kill("SIGTERM");
  await finished;
});
