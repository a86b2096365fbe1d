import { closeSync, openSync, rmSync, truncateSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "../../../../fuzz/random.ts";
import type { FailingOver } from "./servers.ts";
import type { Stage, Trouble } from "./troubles.ts";

const SHORTEST_MS = 1000;
const SPREAD_MS = 6000;
const FILLER = Buffer.alloc(1024 * 1024);
const DAY_SECONDS = 86_400;

/** Begins at random moments, lasts for a while and ends, whatever becomes of the round. */
function spell(
  name: string,
  everyMs: number,
  begin: (stage: Stage, random: Random) => (stage: Stage) => void,
): Trouble {
  return async (stage, random) => {
    while (!stage.isOver) {
      await delay(random.int(2 * everyMs));
      if (stage.isOver) return;
      const end = begin(stage, random);
      stage.tally.add(`spells: ${name}`);
      await delay(SHORTEST_MS + random.int(SPREAD_MS));
      end(stage);
    }
  };
}

/** No process and no thread more. */
export const forksFail = spell("fork failed", 20_000, ({ site }) => {
  site.cgroup.limitTasks(site.cgroup.tasks);
  return () => site.cgroup.limitTasks(undefined);
});

export const stateFull = spell("state's disk full", 20_000, ({ site }) => {
  fill(site.state);
  return () => rmSync(join(site.state, "filler"), { force: true });
});

export const logFull = spell("log's disk full", 20_000, ({ site }) => {
  fill(site.log);
  return () => {
    rmSync(join(site.log, "filler"), { force: true });
    truncateSync(join(site.log, "daemon.log"));
  };
});

/** Back by up to two days or ahead, and to the right time again. */
export const clockJumps = spell("clock jumped", 20_000, ({ site }, random) => {
  const farthest = random.pick([60, 3600, 2 * DAY_SECONDS]);
  site.clock.jumpTo(random.between(-farthest, farthest));
  return () => site.clock.jumpTo(0);
});

function fill(folder: string): void {
  const file = openSync(join(folder, "filler"), "w");
  try {
    for (;;) if (writeSync(file, FILLER) < FILLER.length) break;
  } catch {
    // Full.
  } finally {
    closeSync(file);
  }
}

/** Servers beside the daemon fail over or crash. */
export function failsOver(name: string, everyMs: number, servers: FailingOver): Trouble {
  return async (stage, random) => {
    while (!stage.isOver) {
      await delay(random.int(2 * everyMs));
      if (stage.isOver) return;
      const crashes = random.chance(0.4);
      await (crashes ? servers.crash() : servers.failOver());
      stage.tally.add(`spells: ${name} ${crashes ? "crashed" : "failed over"}`);
    }
  };
}
