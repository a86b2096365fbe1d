import { readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../../../../scripts/support/free-port.ts";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { callSocket, keepAliveAgent } from "../../../../scripts/support/socket-request.ts";
import { MIB } from "../../../../src/lib/units.ts";
import { inTurns, threadsMicroseconds } from "../../processor-time.ts";
import type { Line } from "../../record.ts";
import { median, quantile, round } from "../../statistics.ts";

/** Two daemons that do the same differ by as much as a twelfth for as long as they live: others are started. */
const GENERATIONS = 5;
const ROUNDS = 7;
const WARM_UP = 3;
/** A second of them, in which as many posts fall due as in any other. */
const CALLS = 8000;
const RUN_IN_CALLS = 2000;
const CONNECTIONS = 8;
/** Slowly enough that every call is exported, at most 512 a second. */
const PACED_PER_SECOND = 300;
const PACED_CALLS = 1200;
const PACED_ROUNDS = 25;
/** What the machine does meanwhile only ever adds: the least are told apart where medians are not. */
const UNDISTURBED = 0.25;
const MOST_SHARE = 0.05;
const MOST_GROWTH_MIB = 8;

const KINDS = ["off", "off again", "collector", "frozen", "gone"] as const;
type Kind = (typeof KINDS)[number];
const TRACED = KINDS.filter((kind) => kind !== "off");
type Runs = Record<Kind, () => Promise<number>>;
type PerCall = Readonly<Record<Kind, readonly number[]>>;

interface Collector {
  readonly url: string;
  posts: number;
  end(): void;
}

/** Of all daemons. */
interface Total {
  calls: number;
  failed: number;
}

interface Traced {
  readonly daemon: PrivateDaemon;
  readonly agent: ReturnType<typeof keepAliveAgent>;
  readonly collector: Collector | undefined;
  readonly total: Total;
  /** Round by round. */
  readonly rss: number[];
}

/**
 * The daemon's processor time for a call that the cache answers, all of them sampled by their caller: without tracing
 * (twice, for the spread), with a collector, and with one that is frozen or gone. They take turns in one run.
 */
export async function* tracing(say: (progress: string) => void): AsyncGenerator<Line> {
  const flat: PerCall[] = [];
  const total = { calls: 0, failed: 0 };
  for (let generation = 1; generation < GENERATIONS; generation++)
    flat.push(await withAll(total, (all) => inFlatTurns(all, say, generation)));
  // What becomes of memory is told of the last ones, which are asked at a pace as well.
  yield* await withAll(total, async (all) => {
    flat.push(await inFlatTurns(all, say, GENERATIONS));
    const paced = "every call exported, all daemons at the same time";
    const onRound = (at: number): void => {
      say(`${paced}: round ${at} of ${WARM_UP + PACED_ROUNDS}`);
      if (at > WARM_UP) for (const one of all.values()) one.rss.push(rssBytes(one.daemon.pid));
    };
    const perCall = await besideEachOther(all, onRound);
    return [...shares(flat), ...additions(perCall, paced), ...endings(all)];
  });
}

async function withAll<T>(total: Total, use: (all: ReadonlyMap<Kind, Traced>) => Promise<T>): Promise<T> {
  const all = new Map<Kind, Traced>();
  try {
    for (const kind of KINDS) all.set(kind, await start(kind, total));
    return await use(all);
  } finally {
    for (const { daemon, agent, collector } of all.values()) {
      agent.destroy();
      await daemon.stop("SIGKILL");
      collector?.end();
    }
  }
}

function inFlatTurns(
  all: ReadonlyMap<Kind, Traced>,
  say: (progress: string) => void,
  generation: number,
): Promise<PerCall> {
  const runs = Object.fromEntries(KINDS.map((kind) => [kind, () => flatOut(all.get(kind)!)])) as Runs;
  const onRound = (at: number): void => {
    say(`as fast as it goes, daemons ${generation} of ${GENERATIONS}: round ${at} of ${WARM_UP + ROUNDS}`);
    if (at > WARM_UP) for (const one of all.values()) one.rss.push(rssBytes(one.daemon.pid));
  };
  return inTurns(runs, { warmUp: WARM_UP, rounds: ROUNDS }, onRound);
}

/** Of each daemon's rounds those that were disturbed least, since the machine only ever adds; over both without tracing. */
function* shares(generations: readonly PerCall[]): Generator<Line> {
  const least = (perCall: PerCall, kind: Kind): number => quantile(perCall[kind], UNDISTURBED);
  const offs = generations.map((perCall) => (least(perCall, "off") + least(perCall, "off again")) / 2);
  for (const kind of TRACED) {
    const isControl = kind === "off again";
    const each = generations.map(
      (perCall, at) => least(perCall, kind) / (isControl ? least(perCall, "off") : offs[at]!) - 1,
    );
    const [from, to] = [Math.min(...each), Math.max(...each)].map((share) => `${round(share * 100, 1)}%`);
    const share = median(each);
    yield {
      what: `as fast as it goes, ${kind}: processor time of a cached call over that without tracing (${round(median(offs), 1)} µs), median of ${generations.length} times as many daemons (least to most)`,
      measured: `${round(share * 100, 1)}% more (${from} to ${to})`,
      target: isControl ? "for the record" : `at most ${MOST_SHARE * 100}%`,
      pass: isControl || share <= MOST_SHARE,
    };
  }
}

/** What a call costs that waits for others is a tenth of one that wakes everybody up, so what exporting it adds is told in µs. */
function* additions(perCall: PerCall, how: string): Generator<Line> {
  for (const kind of TRACED) {
    const more = median(perCall[kind].map((each, at) => each - perCall.off[at]!));
    yield {
      what: `${how}, ${kind}: processor time of a cached call above that without tracing (${round(median(perCall.off), 1)} µs), µs, median of ${perCall.off.length} rounds (quartiles of the share)`,
      measured: `${round(more, 1)} (${quartiles(perCall, kind)})`,
      target: "for the record",
      pass: true,
    };
  }
}

function quartiles({ off, ...others }: PerCall, kind: Exclude<Kind, "off">): string {
  const ratios = others[kind].map((each, at) => each / off[at]! - 1);
  return [0.25, 0.75].map((share) => `${round(quantile(ratios, share) * 100, 1)}%`).join(" to ");
}

function* endings(all: ReadonlyMap<Kind, Traced>): Generator<Line> {
  const collected = all.get("collector")!.collector!.posts;
  yield { what: "posts that the collector took", measured: collected, target: "above 0", pass: collected > 0 };
  const { calls, failed } = all.get("off")!.total;
  yield { what: `calls that failed of ${calls}`, measured: failed, target: "0", pass: failed === 0 };
  const growth = (kind: Kind): number => {
    const { rss } = all.get(kind)!;
    const some = Math.floor(rss.length / 4);
    return (median(rss.slice(-some)) - median(rss.slice(0, some))) / MIB;
  };
  for (const kind of ["frozen", "gone"] as const) {
    const more = round(growth(kind), 1);
    yield {
      what: `${kind}: what the daemon grew by from the first quarter of the rounds to the last, MiB (without tracing: ${round(growth("off"), 1)})`,
      measured: more,
      target: `at most ${MOST_GROWTH_MIB}`,
      pass: more <= MOST_GROWTH_MIB,
    };
  }
}

async function start(kind: Kind, total: Total): Promise<Traced> {
  const collector = kind.startsWith("off") ? undefined : await collectorOf(kind);
  const env = {
    WORKERS: "1",
    REDIS_URL: "off",
    DATABASE_URL: "off",
    LOG_LEVEL: "error",
    MAX_REQUESTS: "0",
    ...(collector && { OTLP_ENDPOINT: collector.url }),
  };
  const daemon = await PrivateDaemon.start({ env });
  return { daemon, collector, agent: keepAliveAgent(CONNECTIONS), total, rss: [] };
}

async function collectorOf(kind: Kind): Promise<Collector> {
  if (kind === "gone") return { url: `http://127.0.0.1:${await freePort()}`, posts: 0, end: () => undefined };
  const sockets = new Set<Socket>();
  let posts = 0;
  const server: Server =
    kind === "frozen"
      ? createServer()
      : createHttpServer((request, response) => {
          posts += 1;
          request.resume().on("end", () => response.writeHead(200, { "content-type": "application/json" }).end("{}"));
        });
  server.on("connection", (socket: Socket) => sockets.add(socket.on("error", () => undefined)));
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    get posts() {
      return posts;
    },
    end: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** Goes on from where it went already: of the first thousand every one is exported, and of those that follow 512 a second. */
async function flatOut(one: Traced): Promise<number> {
  await asFastAsItGoes(one, RUN_IN_CALLS);
  const from = threadsMicroseconds(one.daemon.pid);
  await asFastAsItGoes(one, CALLS);
  return (threadsMicroseconds(one.daemon.pid) - from) / CALLS;
}

async function asFastAsItGoes(one: Traced, calls: number): Promise<void> {
  const client = async (): Promise<void> => {
    for (let at = 0; at < calls / CONNECTIONS; at++) await ask(one, at);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
}

/**
 * A slow call's processor time is mostly that of waking up, which another second changes by a third: all are asked in the
 * same one. What is exported of the last calls of a round counts in the next one.
 */
async function besideEachOther(all: ReadonlyMap<Kind, Traced>, onRound: (round: number) => void): Promise<PerCall> {
  const perCall = Object.fromEntries(KINDS.map((kind) => [kind, []])) as unknown as Record<Kind, number[]>;
  const spent = (): number[] => KINDS.map((kind) => threadsMicroseconds(all.get(kind)!.daemon.pid));
  for (let round = 1; round <= WARM_UP + PACED_ROUNDS; round++) {
    onRound(round);
    const from = spent();
    await atPace([...all.values()]);
    const until = spent();
    if (round <= WARM_UP) continue;
    for (const [at, kind] of KINDS.entries()) perCall[kind].push((until[at]! - from[at]!) / PACED_CALLS);
  }
  return perCall;
}

/** Each of them in its turn, and another one first each time. */
async function atPace(all: readonly Traced[]): Promise<void> {
  const beganMs = performance.now();
  const asked: Promise<void>[] = [];
  for (let at = 0; at < PACED_CALLS * all.length; at++) {
    const dueMs = beganMs + (at * 1000) / (PACED_PER_SECOND * all.length);
    if (performance.now() < dueMs) await delay(Math.max(0, dueMs - performance.now()));
    asked.push(ask(all[(at + Math.floor(at / all.length)) % all.length]!, at));
  }
  await Promise.all(asked);
}

async function ask(one: Traced, at: number): Promise<void> {
  const trace = (at + 1).toString(16).padStart(32, "1");
  const headers = { traceparent: `00-${trace}-00f067aa0ba902b7-01` };
  const body = { text: `where is my order ${at % 50}` };
  const { daemon, agent } = one;
  one.total.calls += 1;
  const call = { socketPath: daemon.socketPath, method: "POST", path: "/api/classify/", body, headers, agent };
  const status = await callSocket(call)
    .then((reply) => reply.status)
    .catch(() => 0);
  if (status !== 200) one.total.failed += 1;
}

function rssBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]) * 1024;
}
