import { setTimeout as delay } from "node:timers/promises";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { Latencies } from "../../../../src/lib/perf/load/latency.ts";
import { OPEN_CONNECTIONS } from "../../../../src/lib/perf/load/order.ts";
import type { LoadSummary } from "../../../../src/lib/perf/summary.ts";
import { bundledTexts } from "../../../../src/lib/perf/texts.ts";
import type { CacheStats } from "../../../../src/lib/protocol/cache.ts";
import { MIB } from "../../../../src/lib/units.ts";
import { RedisServer } from "../../../../test/support/redis-server.ts";
import { runLoad } from "../../../generator.ts";
import type { Line } from "../../record.ts";
import { round } from "../../statistics.ts";
import { collectedHeapBytes, INSPECTABLE } from "../memory/inspector.ts";
import { CutOff } from "./cut-off.ts";

const TIMES = 3;
const CLIENTS = 50;
const RATE = 200;
const BEFORE_SECONDS = 8;
const AFTER_SECONDS = 12;
const RETURN_LIMIT_MS = 10_000;
const MOST_ADDED_MS = 50;
const MOST_GROWTH_BYTES = 4 * MIB;
const LOOK_MS = 50;

/** What happens to Redis. */
interface Fault {
  readonly what: string;
  readonly awaySeconds: number;
  readonly begin: () => void | Promise<void>;
  readonly end: () => void | Promise<void>;
}

/** SIGKILL; then a new one is started, which is empty. */
export async function* killed(say: (progress: string) => void): AsyncGenerator<Line> {
  const server = await RedisServer.start();
  const fault = { what: "killed, then started again", awaySeconds: 10 };
  yield* survives(server, server.url, { ...fault, begin: () => server.kill(), end: () => server.run() }, say);
}

/** SIGSTOP: the connection stays open, and nothing answers. */
export async function* frozen(say: (progress: string) => void): AsyncGenerator<Line> {
  const server = await RedisServer.start();
  const [begin, end] = (["SIGSTOP", "SIGCONT"] as const).map((signal) => () => server.signal(signal));
  yield* survives(server, server.url, { what: "frozen", awaySeconds: 30, begin: begin!, end: end! }, say);
}

/** Its packets are lost. */
export async function* cutOff(say: (progress: string) => void): AsyncGenerator<Line> {
  const net = new CutOff();
  const args = ["--bind", net.address, "--protected-mode", "no"];
  const server = await RedisServer.start({ wrapper: net.wrapper, args });
  const fault = { what: "cut off", awaySeconds: 15, begin: () => net.cut(), end: () => net.mend() };
  try {
    yield* survives(server, `redis://${net.address}:${server.port}`, fault, say);
  } finally {
    net.remove();
  }
}

/** 50 clients at a steady rate, most of whose questions only Redis has kept, while it goes and comes three times. */
async function* survives(
  server: RedisServer,
  url: string,
  fault: Fault,
  say: (progress: string) => void,
): AsyncGenerator<Line> {
  const env = { LOG_LEVEL: "error", MAX_REQUESTS: "0", REDIS_URL: url, ...INSPECTABLE };
  const daemon = await PrivateDaemon.start({ env });
  try {
    // What a daemon needs once, such as code that is compiled, is no growth.
    await load(daemon, BEFORE_SECONDS);
    const heapBefore = await collectedHeapBytes(daemon);
    const rounds: Round[] = [];
    for (let time = 1; time <= TIMES; time++) {
      say(`${fault.what}, ${time} of ${TIMES}`);
      rounds.push(await once(daemon, fault));
    }
    const heapAfter = await collectedHeapBytes(daemon);
    yield* linesOf(fault, rounds);
    const grown = heapAfter - heapBefore;
    yield {
      what: `the daemon's heap after it less before, MiB, both after a full collection`,
      measured: round(grown / MIB),
      target: `at most ${MOST_GROWTH_BYTES / MIB}`,
      pass: grown <= MOST_GROWTH_BYTES,
    };
  } finally {
    await daemon.stop();
    server.signal("SIGCONT");
    await server.end();
  }
}

interface Round {
  readonly whole: LoadSummary;
  readonly before: Latencies;
  readonly away: Latencies;
  /** From its return to the first answer out of it. */
  readonly returnMs: number;
}

async function once(daemon: PrivateDaemon, { awaySeconds, begin, end }: Fault): Promise<Round> {
  const seconds = BEFORE_SECONDS + awaySeconds + AFTER_SECONDS;
  const loaded = load(daemon, seconds);
  await delay(BEFORE_SECONDS * 1000);
  await begin();
  await delay(awaySeconds * 1000);
  const hits = await hitsOf(daemon);
  await end();
  const returnMs = await untilMore(daemon, hits);
  const whole = await loaded;
  const { seconds: length, list } = whole.windows;
  const between = (from: number, to: number): Latencies =>
    Latencies.merged(
      list
        .filter(({ atSeconds }) => atSeconds >= from && atSeconds + length <= to)
        .map(({ histogram }) => Latencies.decode(histogram)),
    );
  const away = between(BEFORE_SECONDS, BEFORE_SECONDS + awaySeconds);
  return { whole, before: between(0, BEFORE_SECONDS), away, returnMs };
}

/** An open loop: a request that waits holds no other one up. */
function load({ socketPath }: PrivateDaemon, seconds: number): Promise<LoadSummary> {
  return runLoad(
    {
      address: { path: socketPath },
      seconds,
      warmUpSeconds: 0,
      concurrency: CLIENTS,
      texts: bundledTexts().texts,
      open: { ratePerSecond: RATE, arrivals: "even", connections: OPEN_CONNECTIONS },
    },
    new AbortController().signal,
  );
}

async function hitsOf(daemon: PrivateDaemon): Promise<number> {
  return (await daemon.json<CacheStats>("GET", "/api/cache/stats/")).redis.hits;
}

async function untilMore(daemon: PrivateDaemon, hits: number): Promise<number> {
  const from = performance.now();
  while (performance.now() - from < RETURN_LIMIT_MS + LOOK_MS) {
    if ((await hitsOf(daemon)) > hits) return performance.now() - from;
    await delay(LOOK_MS);
  }
  return Infinity;
}

function* linesOf({ what, awaySeconds }: Fault, rounds: readonly Round[]): Generator<Line> {
  const requests = rounds.reduce((sum, { whole }) => sum + whole.requests.begun, 0);
  const failed = rounds.reduce((sum, { whole }) => sum + whole.requests.failed, 0);
  yield { what: `requests, Redis ${what} ${TIMES} times`, measured: requests, target: "for the record", pass: true };
  yield { what: "of these failed", measured: failed, target: "0", pass: failed === 0 };
  const p99 = (latencies: Latencies): number => latencies.quantileMs(0.99) ?? NaN;
  const before = p99(Latencies.merged(rounds.map((one) => one.before)));
  const away = p99(Latencies.merged(rounds.map((one) => one.away)));
  yield { what: "p99 ms before", measured: round(before), target: "for the record", pass: true };
  yield {
    what: `p99 ms in the ${awaySeconds} s while it is away`,
    measured: round(away),
    target: `at most ${MOST_ADDED_MS} more than before`,
    pass: away - before <= MOST_ADDED_MS,
  };
  const returnMs = Math.max(...rounds.map((one) => one.returnMs));
  yield {
    what: "ms from its return to the next answer out of it, the longest",
    measured: Number.isFinite(returnMs) ? round(returnMs, 0) : "none",
    target: `at most ${RETURN_LIMIT_MS}`,
    pass: returnMs <= RETURN_LIMIT_MS,
  };
}
