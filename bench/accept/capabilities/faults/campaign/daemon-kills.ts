import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "../../../../fuzz/random.ts";
import { OPERATIONS, operate } from "./operations.ts";
import type { Stage } from "./troubles.ts";

/** Between the end of one and the next one: 200 in half an hour. */
const PAUSE_MS = 4500;
const LONGEST_WAIT_MS = 1500;
const LONGEST_START_MS = 1200;
const LONGEST_STOP_MS = 600;
const WHEN = [...OPERATIONS, "start", "stop"] as const;

/** Something is done to the daemon, and often it is killed amid that. */
export async function daemonKills(stage: Stage, random: Random): Promise<void> {
  while (!stage.isOver) {
    await delay(random.int(2 * PAUSE_MS));
    if (stage.isOver) return;
    const when = random.pick(WHEN);
    if (when === "start") await duringStart(stage, random);
    else if (when === "stop") await duringStop(stage, random);
    else if (random.chance(0.25)) await operate(when, stage, random);
    else {
      const operation = operate(when, stage, random);
      await delay(random.int(LONGEST_WAIT_MS));
      await kill(stage, when);
      await operation;
    }
    if (!(await stage.site.untilAnswering())) {
      stage.wrong.push(`the daemon did not come back within a minute: ${stage.site.lastLog(5)}`);
    }
  }
}

async function duringStart(stage: Stage, random: Random): Promise<void> {
  await kill(stage, "work");
  await restarted(stage);
  stage.doing = "start";
  await delay(random.int(LONGEST_START_MS));
  await kill(stage, "start");
  stage.doing = "nothing";
}

async function duringStop(stage: Stage, random: Random): Promise<void> {
  stage.doing = "stop";
  stage.site.end("SIGTERM");
  await delay(random.int(LONGEST_STOP_MS));
  await kill(stage, "stop");
  stage.doing = "nothing";
}

async function kill({ site, ledger, tally }: Stage, when: string): Promise<void> {
  const { pid } = site;
  if (!site.isUp) return;
  site.end("SIGKILL");
  tally.add(`daemon killed during ${when}`);
  ledger.killed();
  while (site.isUp && site.pid === pid) await delay(2);
}

async function restarted({ site }: Stage): Promise<void> {
  while (!site.isUp) await delay(2);
}
