import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { MemoryCgroup } from "../../../../scripts/support/process-tree.ts";
import type { Health } from "../../../../src/lib/protocol/health.ts";
import type { MemoryReport } from "../../../../src/lib/protocol/memory.ts";
import type { Line } from "../../record.ts";
import { round } from "../../statistics.ts";
import { Neighbour } from "../memory/weights.ts";
import { readInside, untilHealthy } from "./inside.ts";
import { read } from "./pod-calls.ts";
import { withPods } from "./pods.ts";
import { exactly, forTheRecord } from "./stage.ts";
import type { Say, Stage } from "./stage.ts";

const GIB = 2 ** 30;
/** Others live on this node too: four are left, whatever they take meanwhile. */
const LEFT_BYTES = 4.5 * GIB;
const STEP_BYTES = GIB / 8;
/** The kernel gives up caches a while after it was pressed for them. */
const SETTLED_CHECKS = 5;
const FILLED_MS = 20_000;
const LOOK_MS = 1000;
/** Share of the pod's own limit. */
const MOST_MOVED = 0.02;
/** What is left is about a fifth of 24 GiB. */
const SEEN = 0.75;
const BESIDE = "combot-accept-machine";

/** Somebody else fills the node: the pod's memory is its own. */
export const neighbour = withPods("neighbour", async function* (stage, pods, say) {
  const { container } = await pods.play("a");
  const reading = (): Promise<MemoryReport> => readInside(stage.engine, container, "/api/memory/");
  const before = await reading();
  const cgroup = new MemoryCgroup(BESIDE);
  const filler = new Neighbour(cgroup);
  try {
    const readings = watch(reading);
    const filled = await fill(filler, cgroup, say);
    await delay(FILLED_MS);
    yield forTheRecord(
      "the neighbour holds, GiB, and the machine has left",
      `${round(filled / GIB, 1)}, ${round(availableBytes() / GIB, 1)}`,
    );
    yield* machineLevel(stage);
    yield* linesOf(before, await readings.end());
    yield exactly(
      "health of the pod beside it",
      (await read<Health>(pods.door("a"), "/api/health/")).checks.memory.status,
      "ok",
    );
  } finally {
    await filler.end();
    cgroup.remove();
  }
});

/** Bounded by what is free as it grows, and by a limit of its own that follows. @returns what it holds. */
async function fill(filler: Neighbour, cgroup: MemoryCgroup, say: Say): Promise<number> {
  let held = 0;
  for (let settled = 0; settled < SETTLED_CHECKS;) {
    const left = availableBytes() - LEFT_BYTES;
    if (left > 2 * STEP_BYTES) {
      held += STEP_BYTES;
      settled = 0;
      cgroup.limitBytes = held + left;
      if (held % GIB === 0) say(`the neighbour holds ${held / GIB} GiB`);
      await filler.set(held);
    } else {
      settled++;
      await delay(LOOK_MS);
    }
  }
  return held;
}

function availableBytes(): number {
  return Number(/^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "latin1"))?.[1]) * 1024;
}

/** What a container says that looks at the machine: else nothing would tell whether the neighbour was large enough. */
async function* machineLevel({ engine, image }: Stage): AsyncGenerator<Line> {
  const told = ["MEMORY_SOURCE=machine", `MEMORY_WARNING=${SEEN}`, "REDIS_URL=off"].flatMap((one) => ["--env", one]);
  const options = [...told, "--memory", "1g"];
  await engine.tryTo("rm", "--force", "--volumes", "--time", "0", BESIDE);
  await engine.run("run", "--detach", "--name", BESIDE, ...options, image);
  try {
    await untilHealthy(engine, BESIDE);
    const { level, usage } = await untilTold(() => readInside<MemoryReport>(engine, BESIDE, "/api/memory/"));
    yield {
      what: `level of a container that is told to look at the machine, and to warn at ${percent(SEEN)}`,
      measured: `${level} at ${percent(usage)}`,
      target: "not normal: the neighbour is large enough to be seen",
      pass: level !== "normal",
    };
  } finally {
    await engine.tryTo("rm", "--force", "--volumes", "--time", "0", BESIDE);
  }
}

/** A level is told a few readings after it is reached. */
async function untilTold(reading: () => Promise<MemoryReport>): Promise<MemoryReport> {
  for (const limit = performance.now() + FILLED_MS; ; await delay(LOOK_MS)) {
    const report = await reading();
    if (report.level !== "normal" || performance.now() > limit) return report;
  }
}

function watch(reading: () => Promise<MemoryReport>): { end(): Promise<MemoryReport[]> } {
  const readings: MemoryReport[] = [];
  let isOver = false;
  const work = (async () => {
    for (; !isOver; await delay(LOOK_MS)) readings.push(await reading());
  })();
  return {
    end: async () => {
      isOver = true;
      await work;
      return readings;
    },
  };
}

function* linesOf(before: MemoryReport, readings: readonly MemoryReport[]): Generator<Line> {
  const seen = (of: (reading: MemoryReport) => string): string => [...new Set(readings.map(of))].join(", ");
  const most = Math.max(...readings.map(({ usage }) => usage));
  yield forTheRecord("readings of the pod meanwhile", readings.length);
  yield exactly(
    "levels of the pod in these",
    seen(({ level }) => level),
    "normal",
  );
  yield exactly(
    "what it reads",
    seen(({ source }) => source),
    "cgroup",
  );
  yield exactly(
    "its limit, GiB",
    seen(({ limitBytes }) => String(limitBytes / GIB)),
    "1",
  );
  yield {
    what: "its usage before, and the highest meanwhile",
    measured: `${percent(before.usage)}, ${percent(most)}`,
    target: `at most ${MOST_MOVED * 100} points more`,
    pass: most - before.usage <= MOST_MOVED,
  };
}

function percent(share: number): string {
  return `${round(share * 100, 1)}%`;
}
