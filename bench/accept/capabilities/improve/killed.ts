import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { LAUNCHER } from "../../../../scripts/support/private-daemon.ts";
import { signalTree } from "../../../../scripts/support/process-tree.ts";
import { createRandom } from "../../../../src/lib/random.ts";
import type { Line } from "../../record.ts";
import { drawPerLabel, publicData } from "../trainer/samples.ts";
import { combot } from "./calls.ts";
import { line, record } from "./lines.ts";
import { writeRows } from "./rows.ts";

const KILLS = 25;
const PER_LABEL = 20;
/** Half of them where it writes, which is at the end. */
const LATE = 0.95;
const OWN = "combot.json";
const WANTED = '{"minMargin":0.125}';

/** `model train` and `model eval --fit`, ended by SIGKILL with all their processes: what is there is whole, or it isn't there. */
export async function* killed(say: (progress: string) => void): AsyncGenerator<Line> {
  const folder = mkdtempSync(join(tmpdir(), "combot-killed-"));
  const at = (name: string): string => join(folder, name);
  try {
    const { train, test } = publicData();
    writeRows(at("few.csv"), drawPerLabel(train, PER_LABEL, 1));
    writeRows(at("fit.csv"), test.slice(0, 400));
    const training = ["model", "train", at("few.csv"), "--out", at("out"), "--epochs", "1"];
    say("one of each, to its end");
    const trainMs = await timed(training);
    const whole = readdirSync(at("out")).toSorted();
    const usual = readdirSync(folder).toSorted();
    rmSync(at("out"), { recursive: true });
    yield* outcomes(
      "model train",
      await times(trainMs, training, say, "model train", () => trainedFault(folder, whole, usual)),
    );

    await combot(training);
    const fitting = ["model", "eval", at("fit.csv"), "--model", at("out"), "--fit"];
    const fitMs = await timed(fitting);
    const fitted = readFileSync(join(at("out"), OWN), "utf8");
    const files = readdirSync(at("out")).toSorted();
    const judged = (): string | undefined => fittedFault(at("out"), files, fitted);
    writeFileSync(join(at("out"), OWN), WANTED);
    yield* outcomes("model eval --fit", await times(fitMs, fitting, say, "model eval --fit", judged));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function* outcomes(name: string, { kills, ended, faults }: Outcomes): Generator<Line> {
  for (const fault of faults) process.stderr.write(`${name}: ${fault}\n`);
  yield record(`${name}: times it was ended by SIGKILL, and times it came to its end before`, `${kills}, ${ended}`);
  yield line(
    `${name}: times that something half-written was left`,
    faults.length,
    "0",
    faults.length === 0 && kills > 0,
  );
}

interface Outcomes {
  readonly kills: number;
  readonly ended: number;
  readonly faults: readonly string[];
}

async function times(
  wholeMs: number,
  args: readonly string[],
  say: (progress: string) => void,
  name: string,
  judge: () => string | undefined,
): Promise<Outcomes> {
  const random = createRandom(1);
  const faults: string[] = [];
  let [kills, ended] = [0, 0];
  for (let turn = 0; turn < KILLS; turn++) {
    say(`${name}: ${turn + 1} of ${KILLS}`);
    const from = turn % 2 === 0 ? 0 : LATE * wholeMs;
    const afterMs = from + random() * (1.02 * wholeMs - from);
    if (await isKilled(args, afterMs)) kills += 1;
    else ended += 1;
    const fault = judge();
    if (fault !== undefined) faults.push(`after ${Math.round(afterMs)} ms of ${Math.round(wholeMs)}: ${fault}`);
  }
  return { kills, ended, faults };
}

async function timed(args: readonly string[]): Promise<number> {
  const from = performance.now();
  await combot(args);
  return performance.now() - from;
}

/** With everything it has started: as the kernel does it to a whole cgroup. */
async function isKilled(args: readonly string[], afterMs: number): Promise<boolean> {
  const child = spawn(process.execPath, [LAUNCHER, ...args, "--json"], { stdio: "ignore" });
  const exit = once(child, "exit");
  const first = await Promise.race([exit.then(() => "ended"), delay(afterMs, "late", { ref: false })]);
  if (first === "ended") return false;
  const pids = signalTree(child.pid!, "SIGKILL");
  await exit;
  while (pids.some((pid) => existsSync(`/proc/${pid}`))) await delay(1);
  return true;
}

/** Takes away what is whole, for the next one. */
function trainedFault(folder: string, whole: readonly string[], usual: readonly string[]): string | undefined {
  const out = join(folder, "out");
  const beside = readdirSync(folder).filter((name) => !usual.includes(name));
  for (const name of beside) rmSync(join(folder, name), { recursive: true });
  if (beside.length > 0) return `${beside.join(", ")} lies beside it`;
  if (!existsSync(out)) return undefined;
  const has = readdirSync(out).toSorted();
  rmSync(out, { recursive: true });
  return has.join() === whole.join() ? undefined : `the folder has ${has.join(", ")}`;
}

function fittedFault(dir: string, files: readonly string[], fitted: string): string | undefined {
  const has = readdirSync(dir).toSorted();
  for (const name of has.filter((one) => !files.includes(one))) rmSync(join(dir, name), { recursive: true });
  const text = readFileSync(join(dir, OWN), "utf8");
  writeFileSync(join(dir, OWN), WANTED);
  if (has.join() !== files.join()) return `the folder has ${has.join(", ")}`;
  if (text === WANTED) return undefined;
  const { minMargin, ...rest } = JSON.parse(text) as Record<string, unknown>;
  const isWhole = minMargin === 0.125 && JSON.stringify(rest) === JSON.stringify(JSON.parse(fitted));
  return isWhole ? undefined : `${OWN} has ${text.slice(0, 200)}`;
}
