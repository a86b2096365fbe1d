import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { zipf } from "../../../src/lib/perf/load/zipf.ts";
import type { EvalReport } from "../../../src/lib/protocol/model-eval.ts";
import type { TrainReport } from "../../../src/lib/protocol/model-train.ts";
import { createRandom, shuffled } from "../../../src/lib/random.ts";
import type { Capability, Line } from "../record.ts";
import { round } from "../statistics.ts";
import { beside } from "./improve/beside.ts";
import { askAll, askUntil, combot } from "./improve/calls.ts";
import { deciding } from "./improve/deciding.ts";
import { killed } from "./improve/killed.ts";
import { line, record } from "./improve/lines.ts";
import { shadowed } from "./improve/shadowed.ts";
import { writeRows } from "./improve/rows.ts";
import { noting } from "./improve/noting.ts";
import { drawPerLabel, publicData } from "./trainer/samples.ts";

const PER_LABEL = 30;
/** For thresholds alone, neither trained nor tested on: of each label so many, and as many in all as a fit takes. */
const FITTED_PER_LABEL = 5;
const FITTED = 200;
const CALLS = 20_000;
const CLIENTS = 20;
const LABELLED = 500;
const TARGET = "0.95";

type Say = (progress: string) => void;

/** From a model of few texts to a better one, by what customers asked and it did not understand. */
export const improve: Capability = {
  name: "improve",
  summary:
    "Once around on banking77 (folder in TRAINER_DATA): inbox, labels, training, comparison, switch; what noting and deciding cost; eval and train beside clients, and killed",
  parts: [
    { name: "round-trip", run: roundTrip },
    { name: "noting", run: noting },
    { name: "deciding", run: deciding },
    { name: "beside", run: beside },
    { name: "killed", run: killed },
  ],
};

async function* roundTrip(say: Say): AsyncGenerator<Line> {
  const folder = mkdtempSync(join(tmpdir(), "combot-improve-"));
  try {
    yield* aroundIn(folder, say);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function* aroundIn(folder: string, say: Say): AsyncGenerator<Line> {
  const at = (name: string): string => join(folder, name);
  const asked = writeData(folder);
  say(`training on ${PER_LABEL} texts a label`);
  const first = await combot<TrainReport>(["model", "train", at("train.csv"), "--out", at("first")]);
  await combot(["model", "eval", at("fit.csv"), "--model", at("first"), "--fit", "--target-accuracy", TARGET]);
  const env = { COMBOT_MODEL_DIR: at("first"), JOURNAL_TEXT: "on", REDIS_URL: "off", LOG_LEVEL: "error" };
  const daemon = await PrivateDaemon.start({ env, startLimitMs: 120_000 });
  const own = ["--socket", daemon.socketPath];
  try {
    say(`${CALLS} calls of ${CLIENTS} clients`);
    const { failed, decisions } = await askAll(daemon.socketPath, asked.texts, CLIENTS);
    yield line("calls, and failed ones", `${asked.texts.length}, ${failed}`, "none failed", failed === 0);
    yield record("accepted, ambiguous, unsure", decisions.join(", "));
    await combot(["inbox", "--export", at("todo.csv"), ...own]);
    const filled = fillIn(at("todo.csv"), asked.labelOf);
    yield line(
      "texts of the inbox that were labelled, of those it has",
      `${filled.filled} of ${filled.rows}`,
      `${LABELLED}`,
      filled.filled === LABELLED,
    );
    await combot(["inbox", "label", at("todo.csv"), ...own]);
    say("training with the inbox");
    const better = await combot<TrainReport>([
      "model",
      "train",
      at("train.csv"),
      "--from-inbox",
      "--out",
      at("better"),
      ...own,
    ]);
    yield record("texts trained on, before and after", `${first.texts}, ${better.texts}`);
    say("comparing on the test set");
    const against = ["--model", at("better"), "--compare", at("first"), "--no-worse"];
    const report = await combot<EvalReport>(["model", "eval", at("test.csv"), ...against]);
    yield* compared(report);
    yield* shadowed(daemon, at("better"), asked.tested, report, say);
    await combot(["model", "eval", at("fit.csv"), "--model", at("better"), "--fit", "--target-accuracy", TARGET]);
    say(`switching under ${CLIENTS} clients`);
    const load = askUntil(daemon.socketPath, asked.texts, CLIENTS);
    await combot(["model", "use", at("better"), ...own]);
    const during = await load.end();
    yield line(
      "calls during the switch, and failed ones",
      `${during.sent}, ${during.failed}`,
      "none failed",
      during.failed === 0 && during.sent > 0,
    );
    const after = await askAll(daemon.socketPath, asked.texts, CLIENTS);
    yield line(
      "unsure or ambiguous of the same calls, before and after",
      `${share(decisions)}, ${share(after.decisions)}`,
      "fewer",
      share(after.decisions) < share(decisions),
    );
  } finally {
    await daemon.stop();
  }
}

function* compared({ evaluated, other, comparison, verdict }: EvalReport): Generator<Line> {
  const gain = comparison?.difference ?? 0;
  const told = `${round(evaluated.accuracy, 4)} (95% ${evaluated.interval.map((end) => round(end, 4)).join(" to ")})`;
  const before = other ? `${round(other.accuracy, 4)}, now ` : "";
  yield line("accuracy on the test set", `${before}${told}`, "rises", gain > 0);
  yield record(
    "rows gained, lost; p (McNemar)",
    `${comparison?.gained}, ${comparison?.lost}; ${comparison?.p.toExponential(2)}`,
  );
  const worse = comparison?.labels.filter((one) => one.verdict === "worse").map(({ label }) => label) ?? [];
  yield line(
    "labels that are worse by more than chance",
    worse.length,
    "none",
    worse.length === 0 && verdict !== "fail",
  );
}

/** What is called is neither trained on nor fitted on: each text once, and some again and again, by Zipf's law. */
function writeData(folder: string): {
  readonly texts: readonly string[];
  readonly labelOf: ReadonlyMap<string, string>;
  readonly tested: readonly string[];
} {
  const { train, test } = publicData();
  const labels = new Set(train.map(({ label }) => label)).size;
  const fitted = Math.max(FITTED_PER_LABEL, Math.ceil(FITTED / labels));
  const sample = drawPerLabel(train, PER_LABEL + fitted, 1);
  const byLabel = Map.groupBy(sample, ({ label }) => label);
  const parts = [...byLabel.values()].map((own) => ({ train: own.slice(0, PER_LABEL), fit: own.slice(PER_LABEL) }));
  writeRows(
    join(folder, "train.csv"),
    parts.flatMap((part) => part.train),
  );
  writeRows(
    join(folder, "fit.csv"),
    parts.flatMap((part) => part.fit),
  );
  writeRows(join(folder, "test.csv"), test);
  const taken = new Set(sample.map(({ text }) => text));
  const random = createRandom(1);
  const rest = shuffled(
    train.filter(({ text }) => !taken.has(text)),
    random,
  );
  const draw = zipf(rest.length, random);
  const often = Array.from({ length: Math.max(0, CALLS - rest.length) }, () => rest[draw()]?.text ?? "");
  const texts = shuffled([...rest.map(({ text }) => text), ...often], random).slice(0, CALLS);
  const labelOf = new Map(rest.map(({ text, label }) => [formOf(text), label]));
  return { texts, labelOf, tested: test.map(({ text }) => text) };
}

/** As the inbox has it, where nothing is masked. */
function formOf(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

/** The most frequent ones, by the data set's answers. */
function fillIn(
  path: string,
  labelOf: ReadonlyMap<string, string>,
): { readonly rows: number; readonly filled: number } {
  const [head = [], ...rows] = parse(readFileSync(path, "utf8"));
  const [text, label] = [head.indexOf("text"), head.indexOf("label")];
  let filled = 0;
  for (const row of rows) {
    const known = labelOf.get(row[text] ?? "");
    if (known === undefined || filled >= LABELLED) continue;
    row[label] = known;
    filled += 1;
  }
  const csv = [head, ...rows]
    .map((cells) => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(","))
    .join("\n");
  writeFileSync(path, csv);
  return { rows: rows.length, filled };
}

function share([accepted = 0, ...others]: readonly number[]): number {
  const left = others.reduce((sum, count) => sum + count, 0);
  return round(left / (accepted + left), 4);
}
