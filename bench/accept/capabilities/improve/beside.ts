import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { bundledTexts } from "../../../../src/lib/perf/texts.ts";
import type { Line } from "../../record.ts";
import { median, quantile, round } from "../../statistics.ts";
import { drawPerLabel, publicData } from "../trainer/samples.ts";
import { askUntil, combot } from "./calls.ts";
import { line, record } from "./lines.ts";
import { writeRows } from "./rows.ts";

const CLIENTS = 50;
const ALONE_MS = 20_000;
const ROUNDS = 3;
const PER_LABEL = 30;
/** Trained beside clients that leave hardly any processor time: minutes of it are enough. */
const PER_LABEL_BESIDE = 10;
const MOST = 1.3;

/** What a serving daemon's callers feel of `model eval` and `model train` on the same machine. */
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
    const works = {
      eval: () => combot(["model", "eval", at("test.csv"), "--model", at("first")]),
      train: (turn: number) => combot(["model", "train", at("fewer.csv"), "--out", at(`again-${turn}`)]),
    };
    for (const [name, work] of Object.entries(works)) {
      const ratios: number[] = [];
      const told: string[] = [];
      let [sent, failed] = [0, 0];
      for (let turn = 1; turn <= ROUNDS; turn++) {
        say(`${name}: ${turn} of ${ROUNDS}`);
        const alone = await under(daemon, () => delay(ALONE_MS));
        const during = await under(daemon, () => work(turn));
        ratios.push(during.p99Ms / alone.p99Ms);
        told.push(`${round(alone.p99Ms, 1)}, ${round(during.p99Ms, 1)}`);
        sent += during.sent;
        failed += during.failed;
      }
      yield record(`${name}: p99 of ${CLIENTS} clients' calls alone and beside it, ms, of each round`, told.join("; "));
      const ratio = round(median(ratios), 2);
      yield line(`${name}: p99 beside it over that alone, median`, ratio, `at most ${MOST}`, ratio <= MOST);
      yield line(`${name}: calls, and failed ones`, `${sent}, ${failed}`, "none failed", failed === 0 && sent > 0);
    }
  } finally {
    await daemon.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function under(
  daemon: PrivateDaemon,
  work: () => Promise<unknown>,
): Promise<{ readonly p99Ms: number; readonly sent: number; readonly failed: number }> {
  const load = askUntil(daemon.socketPath, bundledTexts().texts, CLIENTS);
  await work();
  const { sent, failed, tookMs } = await load.end();
  return { p99Ms: quantile(tookMs, 0.99), sent, failed };
}
