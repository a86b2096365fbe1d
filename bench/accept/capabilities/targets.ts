import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MemoryCgroup } from "../../../scripts/support/process-tree.ts";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { figure, limitOf } from "../../../src/lib/render/perf-figures.ts";
import { GIB } from "../../../src/lib/units.ts";
import { RedisServer } from "../../../test/support/redis-server.ts";
import { openBenchModel } from "../../serve/model.ts";
import type { Capability, Line } from "../record.ts";
import { perfTest } from "./perf/command.ts";

/** A t3.large: two cores and 8 GiB. */
const CORES = 2;
const MEMORY_BYTES = 8 * GIB;
const SECONDS = 30;
const PAGES = fileURLToPath(new URL("../../../docs/acceptance", import.meta.url));
const MODELS = ["bundled", "distilbert-int8"] as const;

/** `combot perf-test --lifecycle` on a machine of that size, Redis beside it; the page of each run is kept. */
export const targets: Capability = {
  name: "targets",
  summary: "The targets of a t3.large, by combot perf-test within two cores and a cgroup of 8 GiB",
  async *run(say): AsyncGenerator<Line> {
    for (const model of MODELS) yield* measure(model, say);
  },
};

async function* measure(model: (typeof MODELS)[number], say: (progress: string) => void): AsyncGenerator<Line> {
  const cgroup = new MemoryCgroup("combot-targets");
  cgroup.limitBytes = MEMORY_BYTES;
  const redis = await RedisServer.start({ port: 0 });
  const env = {
    LOG_LEVEL: "error",
    COMBOT_PROFILE: "t3.large",
    REDIS_URL: redis.unixUrl,
    ...(model === "bundled" ? {} : { COMBOT_MODEL_DIR: (await openBenchModel({ preset: model }, say)).dir }),
  };
  const daemon = await PrivateDaemon.start({ env, wrapper: [...pinned(), ...cgroup.wrapper], startLimitMs: 120_000 });
  try {
    say(`${model}: ${SECONDS} s of load`);
    const page = join(PAGES, `targets-${model}.html`);
    const args = ["-d", `${SECONDS}s`, "--lifecycle", "--report", page, "--socket", daemon.socketPath];
    const report = await perfTest(...args);
    for (const target of report.targets) {
      const { what, unit, measured, pass } = target;
      yield {
        what: `${model}: ${what}`,
        measured: figure(unit, measured),
        target: limitOf(target),
        pass: pass === true,
      };
    }
    const isJudged = report.generator.bottleneck === null;
    yield { what: `${model}: the generator kept up`, measured: isJudged, target: "true", pass: isJudged };
  } finally {
    await daemon.stop("SIGKILL");
    await redis.end();
    // The kernel needs a moment for processes that were killed.
    await removed(cgroup);
  }
}

/** On a machine with more cores than a t3.large has. */
function pinned(): string[] {
  return availableParallelism() > CORES ? ["taskset", "--cpu-list", `0-${CORES - 1}`] : [];
}

async function removed(cgroup: MemoryCgroup): Promise<void> {
  for (let look = 0; look < 100; look++) {
    try {
      return cgroup.remove();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
