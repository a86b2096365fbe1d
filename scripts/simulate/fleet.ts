import type { PlanTargets, PlanVariant } from "../../src/lib/protocol/plan.ts";
import { type FleetAsked, fleetCapacity, tryFleet } from "./fleet-capacity.ts";
import type { Fleet, FleetOutcome } from "./fleet-simulation.ts";
import { type Figure, measuredFigures, type ModelName } from "./figures.ts";

export interface FleetRequest {
  readonly users: number;
  readonly perUserPerSecond: number;
  readonly model: ModelName;
  readonly variant: PlanVariant;
  readonly hosts: number;
  readonly masters: number;
  readonly texts: number;
  readonly newShare: number;
  /** What one balancer carries, and what it adds to a request; null where nobody has said. */
  readonly balancerPerSecond: number | null;
  readonly hopMs: number;
  readonly seed: number;
}

/** What a number of hosts does with a rate. */
export interface FleetFigures {
  readonly users: number;
  readonly perSecond: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** Of all texts that were looked for. */
  readonly memoryHitRate: number;
  readonly redisHitRate: number;
  readonly redisPerSecond: number;
  /** Shares of what there is: of all cores of a host, of its daemon's thread, of one core of the busiest master. */
  readonly cpu: number;
  readonly thread: number;
  readonly redis: number;
  readonly balancer: number | null;
  readonly failed: number;
}

export interface FleetRow {
  readonly hosts: number;
  readonly asked: FleetFigures;
  /** At the most users that hold; null where none do. */
  readonly capacity: FleetFigures | null;
  /** What has nothing left there; else what is nearest to it. */
  readonly first: readonly string[];
}

export interface FleetReport {
  readonly format: 1;
  readonly request: FleetRequest;
  readonly targets: PlanTargets;
  readonly rows: readonly FleetRow[];
  /** What was measured, and where. */
  readonly figures: readonly Figure[];
  readonly assumptions: readonly string[];
}

const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
/** Measured in a try, of each host: for as long with many as with one, so that a queue has as long to grow. */
const REQUESTS_A_HOST = 30_000;
/** Most likely too many: a try with far too many takes longest. */
const BEYOND = 1.05;
/** From here on there is nothing left to give. */
const FULL = 0.9;
const TARGETS: PlanTargets = { p99Ms: 2000, failed: 0.01 };

/** One row for each number of hosts up to the one that was asked for. */
export async function simulateFleets(request: FleetRequest, onStage: (stage: string) => void): Promise<FleetReport> {
  const { model, redisOpsPerSecond, figures } = measuredFigures(request.model, request.texts);
  const { users, perUserPerSecond, seed, variant, masters, newShare } = request;
  const steps = [...STEPS.filter((step) => step < request.hosts), request.hosts];
  const rows: FleetRow[] = [];
  for (const hosts of steps) {
    const redis = { masters, readsPerSecond: redisOpsPerSecond, writesPerSecond: redisOpsPerSecond };
    const policy = { ...variant.policy, isRedisOn: true };
    const fleet: Fleet = { machine: variant.machine, policy, hosts, redis, newShare, isRedisFull: true };
    const requests = REQUESTS_A_HOST * hosts;
    const texts = model.tokens.map((_, rank) => `text ${rank}`);
    const common = { model, texts, seed, perUserPerSecond, unique: false, requests };
    onStage(`${hosts} hosts: ${users} users`);
    const asked = figuresOf(await tryFleet(fleet, users, common), users, request);
    onStage(`${hosts} hosts: how many users?`);
    const before = rows.at(-1);
    const from = Math.round((BEYOND * (before?.capacity?.users ?? users) * hosts) / (before?.hosts ?? hosts));
    const most: FleetAsked = { ...common, targets: TARGETS, from, isNear: before !== undefined };
    const { users: held, outcome } = await fleetCapacity(fleet, most);
    const capacity = outcome && figuresOf(outcome, held, request);
    rows.push({ hosts, asked, capacity, first: capacity === null ? [] : firstOf(capacity) });
  }
  return { format: 1, request, targets: TARGETS, rows, figures, assumptions: assumptionsOf(request) };
}

function figuresOf(
  { total, sources, busiestThread, redis }: FleetOutcome,
  users: number,
  { balancerPerSecond, hopMs }: FleetRequest,
): FleetFigures {
  const lookedUp = Math.max(1, sources.memory + sources.redis + sources.computed);
  const failed = Object.values(total.failures).reduce((sum, count) => sum + count, 0);
  const offered = total.requests / (total.hours * 3600) || 0;
  return {
    users,
    perSecond: total.perSecond,
    p50Ms: total.p50Ms === null ? null : total.p50Ms + hopMs,
    p99Ms: total.p99Ms === null ? null : total.p99Ms + hopMs,
    memoryHitRate: sources.memory / lookedUp,
    redisHitRate: sources.redis / lookedUp,
    redisPerSecond: redis.opsPerSecond,
    cpu: total.cpu,
    thread: busiestThread,
    redis: redis.busiestShare,
    balancer: balancerPerSecond === null ? null : offered / balancerPerSecond,
    failed: failed / Math.max(1, total.requests),
  };
}

function firstOf({ cpu, thread, redis, balancer }: FleetFigures): string[] {
  const shares = [
    { what: "CPU of the hosts", share: cpu },
    { what: "the daemons' thread", share: thread },
    { what: "a Redis master", share: redis },
    { what: "the balancer", share: balancer ?? 0 },
  ].toSorted((a, b) => b.share - a.share);
  const full = shares.filter(({ share }) => share >= FULL);
  return (full.length > 0 ? full : shares.slice(0, 1)).map(({ what }) => what);
}

function assumptionsOf({ variant, newShare, texts, masters, balancerPerSecond, hopMs }: FleetRequest): string[] {
  const { name, speed } = variant.machine;
  return [
    `A core of ${name} does ${speed === 1 ? "what" : `${speed} of what`} one did where the figures were measured (--speed).`,
    `${Math.round(newShare * 100)}% of what is asked is like nothing before (--new); the rest are ${texts} texts by Zipf's law (--texts), whose answers Redis has.`,
    "Time of a model goes with tokens: 5 to 60 a text, each number as often.",
    `A write costs one of ${masters} Redis masters what a read costs; keys are spread evenly, and replicas, the network and the daemons' own probes cost it nothing.`,
    "Requests are dealt out in turn, and no host fails.",
    balancerPerSecond === null
      ? "What a balancer carries was not measured: --balancer-per-second says it, and --hop what it adds to a request."
      : `The balancer carries ${balancerPerSecond} requests/s and adds ${hopMs} ms, as was given.`,
  ];
}
