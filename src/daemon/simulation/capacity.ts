import type {
  MeasuredModel,
  PlanBound,
  PlanCapacity,
  PlanOutcome,
  PlanTargets,
  PlanTraffic,
  PlanVariant,
} from "../../lib/protocol/plan.ts";
import { createRandom } from "../../lib/random.ts";
import type { SimulationOptions } from "./options.ts";
import { Simulation } from "./simulation.ts";
import { PoissonTraffic } from "./traffic.ts";

export interface Asked {
  readonly model: MeasuredModel;
  readonly texts: readonly string[];
  readonly seed: number;
}

export interface CapacityAsked extends Asked {
  readonly traffic: PlanTraffic;
  readonly perUserPerSecond: number;
  readonly targets: PlanTargets;
  /** The first number of users that is tried. */
  readonly from: number;
  readonly onTry: (users: number) => void;
}

/** A run is so many requests, or so long, whichever is less; and no less than that. */
const REQUESTS_A_TRY = 60_000;
const LONGEST_MS = 10 * 60_000;
const SHORTEST_MS = 5000;
export const WARM_UP_SHARE = 0.3;
/** Until the least that does not hold and the most that does are so near. */
const PRECISION = 1.05;
const MOST_USERS = 10_000_000;
/** From here on the machine has nothing left to give. */
const FULL = 0.9;
/** Answers keep up with requests: what is left over at the end is a few in flight. */
const KEEPS_UP = 0.98;
/** Requests are not exactly as many as are expected. */
const SURE = 1.2;

/** What a machine does with one rate, or with a day of them. */
export async function simulate(
  { machine, policy }: Omit<PlanVariant, "name">,
  traffic: PlanTraffic,
  { model, texts, seed }: Asked,
  times: Pick<SimulationOptions, "warmUpMs" | "untilMs" | "spanMs" | "limits">,
  onProgress?: (share: number) => void,
): Promise<PlanOutcome> {
  const arrivals = new PoissonTraffic(traffic, model.tokens, createRandom(seed));
  const random = createRandom(seed + 1);
  const simulation = new Simulation({
    machine,
    policy,
    model,
    texts,
    traffic: arrivals,
    random,
    ...times,
    ...(onProgress && { onProgress }),
  });
  return simulation.run();
}

/** Why an outcome is not what was wanted; undefined where it is. */
export function missedBy(
  { total, decisions }: Pick<PlanOutcome, "total" | "decisions">,
  targets: PlanTargets,
): string | undefined {
  const { requests, answered, p99Ms } = total;
  const failed = Object.values(total.failures).reduce((sum, count) => sum + count, 0);
  if (decisions["unload all: emergency"]) return "memory came to emergency";
  if (failed > targets.failed * requests) return `${((100 * failed) / requests).toFixed(1)}% of the requests failed`;
  if (p99Ms !== null && p99Ms > targets.p99Ms) return `p99 was ${Math.round(p99Ms)} ms`;
  if (answered + failed < KEEPS_UP * requests) return "answers did not keep up with requests";
  return undefined;
}

/** The most users at which the targets hold. */
export async function capacityOf(variant: PlanVariant, asked: CapacityAsked): Promise<PlanCapacity> {
  const search = new Search(variant, asked);
  const { holds, misses } = await mostUsers(asked.from, (users) => search.holds(users));
  if (misses === null) return search.report(holds, null, `${holds} users hold: more were not tried`);
  return search.report(holds, ...(await search.boundAt(misses)));
}

/** So many times as many until the targets are missed, or as few until they are held. */
const STRIDES = { up: 4, down: 2 };

/**
 * More and more until the targets are missed, then halved in between to 5 %.
 *
 * @param from is tried first.
 * @param strides of somebody who knows about how many it will be.
 */
export async function mostUsers(
  from: number,
  isHeld: (users: number) => Promise<boolean>,
  { up, down }: typeof STRIDES = STRIDES,
): Promise<{ readonly holds: number; readonly misses: number | null }> {
  let holds = 0;
  let misses = Math.max(1, from);
  while (await isHeld(misses)) {
    holds = misses;
    misses = Math.ceil(misses * up);
    if (misses > MOST_USERS) return { holds, misses: null };
  }
  while (holds === 0 && misses > 1) {
    const fewer = Math.max(1, Math.floor(misses / down));
    if (await isHeld(fewer)) holds = fewer;
    else misses = fewer;
  }
  while (holds > 0 && misses / holds > PRECISION && misses - holds > 1) {
    const middle = Math.round(Math.sqrt(holds * misses));
    if (await isHeld(middle)) holds = middle;
    else misses = middle;
  }
  return { holds, misses };
}

class Search {
  readonly #variant: PlanVariant;
  readonly #asked: CapacityAsked;

  constructor(variant: PlanVariant, asked: CapacityAsked) {
    this.#variant = variant;
    this.#asked = asked;
  }

  async holds(users: number): Promise<boolean> {
    this.#asked.onTry(users);
    return missedBy(await this.#run(users, {}, true), this.#asked.targets) === undefined;
  }

  report(users: number, bound: PlanBound | null, evidence: string): PlanCapacity {
    return { users, perSecond: users * this.#asked.perUserPerSecond, bound, evidence };
  }

  /** What would have to be otherwise for so many to hold: found by having it otherwise. */
  async boundAt(users: number): Promise<[PlanBound | null, string]> {
    const { policy, machine } = this.#variant;
    const outcome = await this.#run(users);
    const missed = missedBy(outcome, this.#asked.targets) ?? "the targets hold by a hair";
    const { total } = outcome;
    const at = `at ${users} users ${missed}`;
    const refused = outcome.decisions["refuse load: it does not fit"] ?? 0;
    const unserved = total.failures.emergency + total.failures["no worker"];
    if (total.peakUsage >= policy.memory.critical || refused > 0 || unserved > 0)
      return ["memory", `${at}; memory was at ${percent(total.peakUsage)} of the limit`];
    const still = { ...policy, maxUsersPerProcess: 0, maxRequests: 0, recycleIntervalMs: 0 };
    if (total.recycles > 0 && (await this.#wouldHold(users, { policy: still })))
      return ["recycling", `${at}, through ${total.recycles} recycles; without them it holds`];
    if (total.thread >= FULL)
      return ["daemon", `${at}; the daemon's one thread was busy ${percent(total.thread)} of the time`];
    if (total.cpu >= FULL) return ["CPU", `${at}; ${percent(total.cpu)} of ${machine.cores} cores were busy`];
    const more = { ...policy, workers: policy.workers * 2 };
    if (policy.workers < machine.cores && (await this.#wouldHold(users, { policy: more })))
      return ["workers", `${at}, with ${percent(total.cpu)} of the cores busy; ${more.workers} workers hold them`];
    const roomier = { ...policy, queueMaxTexts: policy.queueMaxTexts * 16 };
    if (total.failures["queue full"] > 0 && (await this.#wouldHold(users, { policy: roomier })))
      return ["queue", `${at}; with a queue of ${roomier.queueMaxTexts} texts it holds`];
    return ["CPU", `${at}; ${percent(total.cpu)} of ${machine.cores} cores were busy`];
  }

  async #wouldHold(users: number, change: Partial<PlanVariant>): Promise<boolean> {
    return missedBy(await this.#run(users, change, true), this.#asked.targets) === undefined;
  }

  /** @param isCut ended as soon as the targets are missed for certain. */
  #run(users: number, change: Partial<PlanVariant> = {}, isCut = false): Promise<PlanOutcome> {
    const { traffic, perUserPerSecond, targets } = this.#asked;
    const perSecond = users * perUserPerSecond;
    const ms = tryMs(perSecond);
    const expected = (perSecond * ms) / 1000;
    const limits = { failures: targets.failed * expected * SURE, lateMs: targets.p99Ms, late: 0.01 * expected * SURE };
    const times = {
      warmUpMs: WARM_UP_SHARE * ms,
      untilMs: (1 + WARM_UP_SHARE) * ms,
      spanMs: ms,
      ...(isCut && { limits }),
    };
    return simulate({ ...this.#variant, ...change }, { ...traffic, minutes: [perSecond], users }, this.#asked, times);
  }
}

/** How long a try is measured, after a warm-up of three tenths of it. */
export function tryMs(perSecond: number, requests = REQUESTS_A_TRY): number {
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, (requests * 1000) / perSecond));
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
