import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RedisServer } from "../../test/support/redis-server.ts";
import type { Benchmark, BenchOptions, Measured } from "../benchmark.ts";
import { combot } from "../serve/combot.ts";
import type { Contender } from "../serve/contender.ts";
import { MINILM_FP32, openBenchModel } from "../serve/model.ts";
import { notesOf, verdictsOf } from "./figures.ts";
import { measure } from "./measurement.ts";
import type { Load, Recycled } from "./measurement.ts";
import { missing } from "./needs.ts";
import { writePlans } from "./plans.ts";
import type { Part, Plans } from "./plans.ts";
import { stack } from "./stack.ts";
import { emptyFound, TURNS } from "./turns.ts";
import type { ContenderName, Found } from "./turns.ts";
import { writeTorchFolder } from "./weights.ts";

/** gunicorn's limit, and combot's by default. */
const MAX_REQUESTS = 1000;

/** What combot is compared with in the first place: the same model, the same texts, one after another. */
export const publishedBenchmarks: readonly Benchmark[] = [
  benchmarkOf("published-answers", "answers, computed and cached", ["nothing cached", "by Zipf's law"]),
  benchmarkOf("published-recycles", "answers while workers are replaced", ["through recycles"]),
];

function benchmarkOf(name: string, summary: string, parts: readonly Part[]): Benchmark {
  return {
    name,
    summary: `${summary}: combot, and Django with torch under gunicorn's sync workers (stack), with the same model (${MINILM_FP32})`,
    missing,
    run: async (options) => {
      const folder = mkdtempSync(join(tmpdir(), "cb-"));
      const redis = await RedisServer.start({ port: 0 });
      try {
        return await compare(parts, options, folder, redis);
      } finally {
        await redis.end();
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

async function compare(
  parts: readonly Part[],
  options: BenchOptions,
  folder: string,
  redis: RedisServer,
): Promise<Measured> {
  const { quick, say, signal } = options;
  const model = await openBenchModel({ preset: MINILM_FP32 }, say);
  const int8 = await openBenchModel({ preset: "minilm-int8" }, say);
  const modelDir = writeTorchFolder(model.dir, join(folder, "torch"));
  const plans = await writePlans(model.encoder, folder, quick);

  const contender = (name: ContenderName, part: Part): Contender<Recycled> => {
    const isRecycled = maxRequestsOf(part) > 0;
    const isCached = part === "by Zipf's law";
    if (name === "combot" || name === "combot in 8 bits") {
      const [served, redisUrl] = [name === "combot" ? model : int8, isCached ? redis.unixUrl : undefined];
      return combot({ model: served, folder: join(folder, served.name) }, { redisUrl, isRecycled });
    }
    const redisSocket = isCached ? redis.socketPath : undefined;
    const maxRequests = maxRequestsOf(part);
    return stack({ modelDir, folder, redisSocket, maxRequests, isPreloaded: name === "preloaded stack" });
  };

  const found = emptyFound(parts);
  for (let round = 1; round <= (quick ? 1 : 3); round++) {
    for (const part of parts) {
      for (const name of TURNS[part]) {
        signal.throwIfAborted();
        if (part === "by Zipf's law") await redis.ask((client) => client.flushall());
        const measured = await measure(contender(name, part), plans[part], signal);
        say(`published, round ${round}, ${part}, ${name}: ${inWords(measured)}`);
        found[part]![name]!.push(measured);
      }
      refuseDifferentAnswers(part, found, plans);
    }
  }
  return {
    verdicts: verdictsOf(found),
    notes: notesOf(found, plans, {
      modelDir,
      folder,
      maxRequests: Math.max(...parts.map(maxRequestsOf)),
      isPreloaded: false,
    }),
  };
}

function maxRequestsOf(part: Part): number {
  return part === "through recycles" ? MAX_REQUESTS : 0;
}

/** A contender that answers something else is not doing the same work; 8 bits are another model. */
function refuseDifferentAnswers(part: Part, found: Found, { probes }: Plans): void {
  const expected = found[part]?.combot?.at(-1)?.labels ?? [];
  for (const name of ["stack", "preloaded stack"] as const) {
    const labels = found[part]?.[name]?.at(-1)?.labels;
    const different = probes.filter((_, at) => labels && labels[at] !== expected[at]);
    if (different.length > 0)
      throw new Error(
        `${different.length} of ${probes.length} texts got another label from the ${name} than from combot`,
      );
  }
}

function inWords({ perSecond, p99Ms, pssBytes, recycles, failed, failures }: Load): string {
  const what = `${perSecond.toFixed(1)}/s, p99 ${p99Ms.toFixed(0)} ms, ${(pssBytes / 1e6).toFixed(0)} MB, ${recycles} recycles`;
  return failed === 0 ? what : `${what}, ${failed} failed: ${JSON.stringify(failures)}`;
}
