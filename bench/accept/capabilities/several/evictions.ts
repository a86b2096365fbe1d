import { setTimeout as delay } from "node:timers/promises";
import { MIB } from "../../../../src/lib/units.ts";
import type { Line } from "../../record.ts";
import { median, round } from "../../statistics.ts";
import { stageOf } from "./stage.ts";
import type { Stage } from "./stage.ts";

/** Half of it is what a model that has just come is waited for before it goes again. */
const TIMEOUT_SECONDS = 1;
/** An idle daemon gives back within so long what it took for a burst. */
const QUIET_MS = 25_000;

/** What the daemon and its one worker hold when two models of which one fits have pushed each other out so often. */
export async function* evictions(say: (progress: string) => void, count: number): AsyncGenerator<Line> {
  say("preparing the models");
  const stage = await stageOf(2, 1, TIMEOUT_SECONDS);
  try {
    await turn(stage, 0);
    await turn(stage, 1);
    const first = await quietBytes(stage, say);
    for (let at = 2; at <= count; at++) {
      await turn(stage, at);
      if (at % 50 === 0) say(`${at} of ${count} evictions`);
    }
    const last = await quietBytes(stage, say);
    const evicted = (await stage.rows()).reduce((sum, row) => sum + row.evictions, 0);
    yield { what: "evictions", measured: evicted, target: `at least ${count}`, pass: evicted >= count };
    yield { what: "after the first, MB", measured: round(first / 1e6, 1), target: "for the record", pass: true };
    const grown = round((last - first) / 1e6, 1);
    yield { what: "more after the last, MB", measured: grown, target: "at most 10", pass: grown <= 10 };
  } finally {
    await stage.close();
  }
}

/** The model that is not there is loaded, which takes the place of the other one, and answers. */
async function turn({ daemon, names }: Stage, at: number): Promise<void> {
  const model = names[at % 2]!;
  await daemon.json("POST", `/api/models/${model}/load/?wait=true`);
  await daemon.json("POST", "/api/classify/", { text: `order ${at} is ok`, model, noCache: true });
}

/** Of the whole tree, as the kernel counts it. */
async function quietBytes({ cgroup }: Stage, say: (progress: string) => void): Promise<number> {
  say("waiting for the daemon to be quiet");
  await delay(QUIET_MS);
  const readings: number[] = [];
  for (let reading = 0; reading < 20; reading++) {
    readings.push(cgroup.anonymousBytes);
    await delay(100);
  }
  if (median(readings) < MIB) throw new Error("the cgroup tells of no memory");
  return median(readings);
}
