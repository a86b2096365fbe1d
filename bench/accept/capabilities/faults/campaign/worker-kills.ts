import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { ProcessStatus } from "../../../../../src/lib/protocol/process.ts";
import type { Random } from "../../../../fuzz/random.ts";
import type { Site } from "./site.ts";
import type { Stage } from "./troubles.ts";

const PAUSE_MS = 50;
const LOOK_MS = 3;
const LOOKS = 60;
/** Of those that start: five in ten minutes that can't load end all tries. */
const STARTING_SHARE = 0.06;

/** Of the daemon's children one is killed, whatever it does. */
export async function workerKills(stage: Stage, random: Random): Promise<void> {
  while (!stage.isOver) {
    await delay(random.int(2 * PAUSE_MS));
    await killOne(stage, random).catch(() => undefined);
  }
  stage.tally.add("killed by the kernel for want of memory", stage.site.oom.oomKills);
}

async function killOne({ site, tally, doing }: Stage, random: Random): Promise<void> {
  const daemon = site.pid;
  const states = await statesOf(site);
  const wantsStarting = random.chance(STARTING_SHARE);
  const victim = await find(() => {
    const children = childrenOf(daemon).filter((pid) => isWorker(pid));
    const fitting = children.filter((pid) => states.has(pid) !== wantsStarting);
    return fitting.length > 0 ? random.pick(fitting) : undefined;
  });
  if (victim === undefined || daemon !== site.pid) return;
  const state = states.get(victim) ?? "starting";
  const how = random.weighted({ SIGKILL: 4, SIGSEGV: 3, SIGABRT: 3, OOM: 2 });
  if (how === "OOM") site.oom.take(victim);
  else process.kill(victim, how);
  tally.add(`worker kills: ${how}`);
  tally.add(`worker killed while ${state}`);
  tally.add(`worker killed during ${doing}`);
}

async function statesOf(site: Site): Promise<Map<number, string>> {
  const { workers } = await site.json<ProcessStatus>("GET", "/api/process/status/");
  return new Map(workers.flatMap(({ pid, state }) => (pid === null || state === "starting" ? [] : [[pid, state]])));
}

async function find(look: () => number | undefined): Promise<number | undefined> {
  for (let left = LOOKS; left > 0; left--) {
    const found = look();
    if (found !== undefined) return found;
    await delay(LOOK_MS);
  }
  return undefined;
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").split(" ").filter(Boolean).map(Number);
}

/** And none of the processes that copy or try a model. */
function isWorker(pid: number): boolean {
  return readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("workers/child");
}
