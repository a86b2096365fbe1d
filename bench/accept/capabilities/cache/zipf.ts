import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { OPEN_CONNECTIONS } from "../../../../src/lib/perf/load/order.ts";
import { questions } from "../../../../src/lib/perf/load/questions.ts";
import { bundledTexts } from "../../../../src/lib/perf/texts.ts";
import type { CacheStats } from "../../../../src/lib/protocol/cache.ts";
import { createRandom } from "../../../../src/lib/random.ts";
import { RedisServer } from "../../../../test/support/redis-server.ts";
import { runLoad } from "../../../generator.ts";
import type { Line } from "../../record.ts";
import { round } from "../../statistics.ts";

const DISTINCT = 20_000;
const SECONDS = 300;
const SEED = 7;
/** What a perfect cache would reach may be missed by so much. */
const POINT = 0.01;

/** The mixed work of a chatbot by Zipf's law, with the default settings. */
export async function* zipf(
  ratePerSecond: number,
  redis: "redis" | "off",
  say: (progress: string) => void,
): AsyncGenerator<Line> {
  const server = redis === "redis" ? await RedisServer.start({ port: 0 }) : undefined;
  const daemon = await PrivateDaemon.start({
    env: { LOG_LEVEL: "error", REDIS_URL: server ? server.unixUrl : "off" },
  });
  try {
    say(`${ratePerSecond}/s for ${SECONDS} s, Redis ${server ? "on" : "off"}`);
    const texts = distinctTexts();
    const summary = await runLoad(
      {
        address: { path: daemon.socketPath },
        seconds: SECONDS,
        warmUpSeconds: 0,
        texts,
        seed: SEED,
        open: { ratePerSecond, arrivals: "poisson", connections: OPEN_CONNECTIONS },
      },
      new AbortController().signal,
    );
    const stats = await daemon.json<CacheStats>("GET", "/api/cache/stats/");
    const { begun, failed } = summary.requests;
    const distinct = distinctOf(texts, begun);
    const reachable = (begun - distinct) / begun;
    const hitRate = stats.hitRate ?? 0;
    yield { what: "requests", measured: begun, target: "for the record", pass: true };
    yield { what: "of these failed", measured: failed, target: "0", pass: failed === 0 };
    yield { what: "distinct texts among them", measured: distinct, target: "for the record", pass: true };
    yield {
      what: "(requests - distinct) / requests",
      measured: round(reachable, 4),
      target: "for the record",
      pass: true,
    };
    yield {
      what: "hit rate",
      measured: round(hitRate, 4),
      target: server ? "within 0.01 of that" : "for the record: memory alone",
      pass: !server || Math.abs(hitRate - reachable) <= POINT,
    };
    const { memory, redis: far, coalesced } = stats;
    yield { what: "hits in memory", measured: memory.hits, target: "for the record", pass: true };
    yield { what: "hits in Redis", measured: far.hits, target: "for the record", pass: true };
    yield { what: "coalesced", measured: coalesced, target: "counted apart, for the record", pass: true };
    yield { what: "p50 ms", measured: summary.latencyMs.all.p50 ?? NaN, target: "for the record", pass: true };
    yield { what: "p99 ms", measured: summary.latencyMs.all.p99 ?? NaN, target: "for the record", pass: true };
  } finally {
    await daemon.stop();
    await server?.end();
  }
}

function distinctTexts(): string[] {
  const { texts } = bundledTexts();
  return Array.from({ length: DISTINCT }, (_, at) => {
    const round = Math.floor(at / texts.length);
    return `${texts[at % texts.length]!}${round === 0 ? "" : ` (order ${round})`}`;
  });
}

/** How many the generator's first `begun` questions are, drawn as it draws them. */
function distinctOf(texts: readonly string[], begun: number): number {
  const draw = questions({ texts, users: 0, isUnique: false, random: createRandom(SEED) });
  return new Set(Array.from({ length: begun }, draw)).size;
}
