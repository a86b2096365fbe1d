import { availableParallelism } from "node:os";
import type { ProcessStatus } from "../../../../src/lib/protocol/process.ts";
import type { Line } from "../../record.ts";
import { CLOSED, OTHER_USER } from "./alone.ts";
import type { Engine } from "./engine.ts";
import { readInside, untilHealthy } from "./inside.ts";
import { exactly, Missing } from "./stage.ts";
import type { Say, Stage } from "./stage.ts";

/** docs/settings.md, WORKERS: whole cores of the quota, and what the memory holds. Cores that are left are threads. */
const SIZES = [
  { cpus: "0.5", memory: "4g", workers: 1, threads: 1 },
  { cpus: "1", memory: "4g", workers: 1, threads: 1 },
  { cpus: "1.5", memory: "4g", workers: 1, threads: 1 },
  { cpus: "2", memory: "4g", workers: 2, threads: 1 },
  { cpus: "2", memory: "1g", workers: 1, threads: 2 },
];
const NAME = "combot-accept-sizes";

/** Workers, and the threads that each computes on, by the container's CPU quota and memory, as another uid. */
export async function* sizes({ engine, image }: Stage, say: Say): AsyncGenerator<Line> {
  if (availableParallelism() < 2) throw new Missing("this machine has one CPU, a quota of two can't be had");
  // Of a worker that computes on one thread, which is its main one: each further is a task more.
  let tasksOfOne: number | undefined;
  for (const { cpus, memory, workers, threads } of SIZES) {
    say(`${cpus} CPUs, ${memory}`);
    const found = await sized(engine, image, ["--cpus", cpus, "--memory", memory]);
    tasksOfOne ??= found.tasks;
    const what = `${cpus} CPUs, ${memory}, uid ${OTHER_USER}: workers, and threads of each`;
    const measured = `${found.workers}, ${1 + found.tasks - tasksOfOne}`;
    yield exactly(what, measured, `${workers}, ${threads}`);
  }
}

interface Found {
  readonly workers: number;
  /** Of the first worker, as the kernel counts them. */
  readonly tasks: number;
}

async function sized(engine: Engine, image: string, limits: readonly string[]): Promise<Found> {
  await engine.tryTo("rm", "--force", "--volumes", "--time", "0", NAME);
  const own = [...CLOSED, "--user", OTHER_USER, "--env", "REDIS_URL=off"];
  await engine.run("run", "--detach", "--name", NAME, ...own, ...limits, image);
  try {
    await untilHealthy(engine, NAME);
    await engine.run("exec", NAME, "combot", "classify", "where is my parcel??");
    const { workers } = await readInside<ProcessStatus>(engine, NAME, "/api/process/status/");
    const tasks = await engine.run("exec", NAME, "ls", `/proc/${workers[0]?.pid}/task`);
    return { workers: workers.length, tasks: tasks.trim().split("\n").length };
  } finally {
    await engine.tryTo("rm", "--force", "--volumes", "--time", "0", NAME);
  }
}
