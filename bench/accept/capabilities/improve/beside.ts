import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { LAUNCHER, PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { signalTree } from "../../../../scripts/support/process-tree.ts";
import { bundledTexts } from "../../../../src/lib/perf/texts.ts";
import type { Line } from "../../record.ts";
import { median, quantile, round } from "../../statistics.ts";
import { drawPerLabel, publicData } from "../trainer/samples.ts";
import { askUntil, combot } from "./calls.ts";
import { line, record } from "./lines.ts";
import { writeRows } from "./rows.ts";

const CLIENTS = 50;
const PAIRS = 12;
const SLICE_MS = 4000;
/** Calls that were begun before it was stopped. */
const SETTLED_MS = 100;
const WARM_UP_MS = 5000;
const PER_LABEL = 30;
/** Trained beside clients that leave hardly any processor time: minutes of it are enough. */
const PER_LABEL_BESIDE = 10;
const MOST = 1.3;

interface Pair {
  readonly alone: readonly number[];
  readonly during: readonly number[];
}

/**
 * What a serving daemon's callers feel of `model eval` and `model train` on the same machine. A machine changes by a third
 * from one minute to the next, so the work is stopped every four seconds for as long: both are of the same minutes.
 */
export async function* beside(say: (progress: string) => void): AsyncGenerator<Line> {
  const folder = mkdtempSync(join(tmpdir(), "combot-beside-"));
  const at = (name: string): string => join(folder, name);
  const { train, test } = publicData();
  writeRows(at("few.csv"), drawPerLabel(train, PER_LABEL, 1));
  writeRows(at("fewer.csv"), drawPerLabel(train, PER_LABEL_BESIDE, 1));
  writeRows(at("test.csv"), test);
  const daemon = await PrivateDaemon.start({ env: { REDIS_URL: "off", LOG_LEVEL: "error" } });
  try {
    say("training what is to be evaluated");
    await combot(["model", "train", at("few.csv"), "--out", at("first")]);
    let trained = 0;
    const works = {
      eval: () => ["model", "eval", at("test.csv"), "--model", at("first")],
      train: () => ["model", "train", at("fewer.csv"), "--out", at(`again-${trained++}`)],
    };
    for (const [name, args] of Object.entries(works)) {
      const load = askUntil(daemon.socketPath, bundledTexts().texts, CLIENTS);
      await delay(WARM_UP_MS);
      const pairs: Pair[] = [];
      while (pairs.length < PAIRS) {
        for await (const pair of slicesOf(args(), (ms) => load.tookMsFor(ms))) {
          pairs.push(pair);
          say(`${name}: ${pairs.length} of ${PAIRS}`);
          if (pairs.length === PAIRS) break;
        }
      }
      const { sent, failed } = await load.end();
      yield* outcome(name, pairs);
      yield line(`${name}: calls, and failed ones`, `${sent}, ${failed}`, "none failed", failed === 0 && sent > 0);
    }
  } finally {
    await daemon.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function* outcome(name: string, pairs: readonly Pair[]): Generator<Line> {
  const p99 = (took: readonly number[]): number => quantile(took, 0.99);
  const all = (of: (pair: Pair) => readonly number[]): number => round(p99(pairs.flatMap(of)), 1);
  yield record(
    `${name}: p99 of ${CLIENTS} clients' calls while it is stopped and while it runs, ms, of all slices`,
    `${all(({ alone }) => alone)}, ${all(({ during }) => during)}`,
  );
  const ratios = pairs.map(({ alone, during }) => p99(during) / p99(alone));
  const spread = [0.25, 0.75].map((share) => round(quantile(ratios, share), 2)).join(" to ");
  const ratio = round(median(ratios), 2);
  yield line(
    `${name}: p99 beside it over that while it is stopped, median of ${PAIRS} pairs of slices of ${SLICE_MS / 1000} s (quartiles)`,
    `${ratio} (${spread})`,
    `at most ${MOST}`,
    ratio <= MOST,
  );
}

/** What is measured while it runs, from its start on, and each time while it is stopped; ended where nobody wants more. */
async function* slicesOf(
  args: readonly string[],
  measure: (ms: number) => Promise<readonly number[]>,
): AsyncGenerator<Pair> {
  const child = spawn(process.execPath, [LAUNCHER, ...args, "--json"], { stdio: ["ignore", "ignore", "inherit"] });
  const ended = once(child, "exit");
  try {
    for (;;) {
      const during = await measure(SLICE_MS);
      // What ended meanwhile did not run all the time.
      if (child.exitCode !== null) break;
      signalTree(child.pid!, "SIGSTOP");
      await delay(SETTLED_MS);
      const alone = await measure(SLICE_MS);
      signalTree(child.pid!, "SIGCONT");
      yield { alone, during };
    }
    if (child.exitCode !== 0) throw new Error(`${args.join(" ")} ended with ${child.exitCode}`);
  } finally {
    if (child.exitCode === null) signalTree(child.pid!, "SIGKILL");
    await ended;
  }
}
