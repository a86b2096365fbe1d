import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { treeOf } from "../../../scripts/support/process-tree.ts";
import type { TrainReport } from "../../../src/lib/protocol/model-train.ts";
import { Oracle } from "../../support/oracle.ts";
import { shapeOf } from "../../support/shape.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { threadPriorities } from "../../support/thread-priorities.ts";
import { finish, requireBuild, runCli, startCli } from "./cli-process.ts";

beforeAll(requireBuild);

const SAYINGS = {
  refund: ["I want my money back for", "please refund me for", "give me a refund for", "return the money for"],
  delivery: ["where is the parcel with", "when will you deliver", "track the shipment of", "has the courier got"],
  hours: ["when do you open for", "what are the opening hours for", "are you open on sunday for", "closing time for"],
};
const THINGS = ["the shoes", "my red jacket", "two lamps", "a green chair", "this book"];

/** Three labels, twenty texts each; one without a label, and one over several lines. */
function writeRows(some = SAYINGS): string {
  const path = join(temporaryFolder(), "rows.csv");
  const rows = Object.entries(some).flatMap(([label, sayings]) =>
    sayings.flatMap((saying) => THINGS.map((thing) => `"${saying}\n${thing}",${label}`)),
  );
  writeFileSync(path, ["text,label", ...rows, "nobody knows,"].join("\n"));
  return path;
}

function sumOf(dir: string): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(dir).toSorted()) hash.update(name).update(readFileSync(join(dir, name)));
  return hash.digest("hex");
}

const FILES = ["CARD.md", "config.json", "model.onnx", "tokenizer.json", "tokenizer_config.json"];

test("a model is made of rows, the same bytes for the same seed, and answers", async () => {
  const [file, folder] = [writeRows(), temporaryFolder()];
  const train = (name: string, seed: string) =>
    runCli(["model", "train", file, "--out", join(folder, name), "--name", "mine", "--seed", seed, "--json"]);
  const [first, again, other] = [await train("a", "7"), await train("b", "7"), await train("c", "8")];
  for (const { status, stderr } of [first, again, other]) expect([status, stderr]).toEqual([0, ""]);
  const report = JSON.parse(first.stdout) as TrainReport;
  expect(report).toMatchObject({ texts: 60, labels: 3, remarks: ["1 rows without a label were left out."] });
  expect(shapeOf(report)).toMatchSnapshot();
  expect(readdirSync(folder).toSorted()).toEqual(["a", "b", "c"]);
  expect(readdirSync(join(folder, "a")).toSorted()).toEqual(FILES);
  expect(sumOf(join(folder, "a"))).toBe(sumOf(join(folder, "b")));
  expect(sumOf(join(folder, "a"))).not.toBe(sumOf(join(folder, "c")));

  const oracle = await Oracle.open(join(folder, "a"), 256);
  const logits = await oracle.logits("please refund me for two lamps");
  const labels = Object.keys(SAYINGS).toSorted();
  expect(labels[logits.indexOf(Math.max(...logits))]).toBe("refund");

  const card = readFileSync(join(folder, "a", "CARD.md"), "utf8");
  expect(report.unseen.texts).toBe(60);
  expect(card).toContain(`Accuracy\n**${report.unseen.accuracy.toFixed(3)}** (95%`);
  expect(card).toContain(createHash("sha256").update(readFileSync(file)).digest("hex"));
  expect(card).not.toContain("lamps");
}, 300_000);

test("it stays behind all else, and ends with whoever wanted it, of which nothing is left", async () => {
  const out = join(temporaryFolder(), "mine");
  const cli = startCli(["model", "train", writeRows(), "--out", out, "--epochs", "1000"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const finished = finish(cli);
  const trainer = (): number | undefined => treeOf(cli.pid ?? 0)[1];
  const isBehind = (): boolean => {
    const pid = trainer();
    return pid !== undefined && threadPriorities(pid).every((priority) => priority === 19) && scoreOf(pid) === "1000";
  };
  await expect.poll(isBehind, { timeout: 200_000 }).toBe(true);
  const pid = trainer();
  cli.kill("SIGKILL");
  await finished;
  await expect.poll(() => existsSync(`/proc/${pid}`), { timeout: 30_000 }).toBe(false);
  expect(readdirSync(dirname(out))).toEqual([]);
}, 300_000);

function scoreOf(pid: number): string {
  return readFileSync(`/proc/${pid}/oom_score_adj`, "utf8").trim();
}

const few = (): string => {
  const path = writeRows();
  writeFileSync(path, `${readFileSync(path, "utf8")}\nhello,greeting\n`);
  return path;
};

test.each<[string, () => string[], number, RegExp]>([
  ["more memory than it may have", () => [writeRows(), "--memory", "40M"], 4, /it takes more than 40\.0 MiB/],
  ["a label of few texts", () => [few()], 2, /the label\s+"greeting"\s+has\s+1\s+texts/],
  ["a size that is none", () => [writeRows(), "--memory", "much"], 2, /--memory takes a size, such as 2G, not much/],
  ["no such file", () => [join(temporaryFolder(), "none.csv")], 2, /There is no file/],
])(
  "%s is told, and leaves nothing behind",
  async (_, args, wanted, told) => {
    const folder = temporaryFolder();
    const { status, stderr } = await runCli(["model", "train", ...args(), "--out", join(folder, "mine")]);
    expect(stderr).toMatch(told);
    expect(status).toBe(wanted);
    expect(readdirSync(folder)).toEqual([]);
  },
  240_000,
);

test("a folder that is there already is not touched", async () => {
  const out = join(temporaryFolder(), "mine");
  mkdirSync(out);
  writeFileSync(join(out, "config.json"), "{}");
  const { status, stderr } = await runCli(["model", "train", writeRows(), "--out", out]);
  expect(stderr).toMatch(/is there already/);
  expect(status).toBe(2);
  expect(readdirSync(out)).toEqual(["config.json"]);
}, 240_000);
