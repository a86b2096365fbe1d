import type { Asked } from "../../src/daemon/simulation/capacity.ts";
import type { SimulationOptions } from "../../src/daemon/simulation/options.ts";
import { Simulation } from "../../src/daemon/simulation/simulation.ts";
import { Tally, type Source } from "../../src/daemon/simulation/tally.ts";
import { PoissonTraffic } from "../../src/daemon/simulation/traffic.ts";
import { VirtualTime } from "../../src/daemon/simulation/virtual-time.ts";
import type { PlanOutcome, PlanTraffic, PlanVariant } from "../../src/lib/protocol/plan.ts";
import { createRandom } from "../../src/lib/random.ts";
import { Balancer, NewTexts } from "./balancer.ts";
import { RedisCluster, type RedisClusterOptions } from "./redis-cluster.ts";

export interface Fleet extends Omit<PlanVariant, "name"> {
  readonly hosts: number;
  readonly redis: Omit<RedisClusterOptions, "now">;
  /** Of what is asked, the share that is like nothing before. Left out: none. */
  readonly newShare?: number;
  /** Redis has the answers to all other texts when it begins. */
  readonly isRedisFull?: boolean;
}

export interface FleetOutcome {
  /** Of all hosts together; CPU and the daemon's thread are those of one host in the middle. */
  readonly total: PlanOutcome["total"];
  readonly decisions: PlanOutcome["decisions"];
  readonly sources: Readonly<Record<Source, number>>;
  /** The thread of the daemon that had most to do. */
  readonly busiestThread: number;
  readonly redis: {
    readonly opsPerSecond: number;
    /** Of one core, of the master that had most to do. */
    readonly busiestShare: number;
    readonly skipped: number;
    readonly keys: number;
  };
}

/**
 * So many daemons behind one balancer and over one Redis: each is the simulation of `combot plan`, and they have a clock and
 * Redis in common. One host is drawn as `combot plan` draws it.
 */
export async function simulateFleet(
  { machine, policy, hosts, redis, newShare = 0, isRedisFull = false }: Fleet,
  traffic: PlanTraffic,
  { model, texts, seed }: Asked,
  times: Pick<SimulationOptions, "warmUpMs" | "untilMs">,
): Promise<FleetOutcome> {
  const time = new VirtualTime();
  const cluster = new RedisCluster({ ...redis, now: time.now });
  if (isRedisFull) cluster.fill(texts.length, policy.cacheTtlMs);
  const asked = new PoissonTraffic(traffic, model.tokens, createRandom(seed));
  const balancer = new Balancer(newShare > 0 ? new NewTexts(asked, newShare, createRandom(seed - 1)) : asked, hosts);
  const spanMs = times.untilMs - times.warmUpMs;
  const simulations = Array.from(
    { length: hosts },
    (_, host) =>
      new Simulation({
        machine,
        policy,
        model,
        texts,
        traffic: balancer.trafficOf(host),
        random: createRandom(seed + 1 + host),
        ...times,
        spanMs,
        time,
        redis: cluster,
      }),
  );
  for (const one of simulations) await one.begin();
  await time.runUntil(times.warmUpMs);
  cluster.clearCounts();
  for (const one of simulations) one.measure();
  await time.runUntil(times.untilMs);
  const { reads, writes, skipped, busiestMs } = cluster.counts;
  return {
    ...together(simulations, machine.cores, times),
    redis: {
      opsPerSecond: ((reads + writes) * 1000) / spanMs,
      busiestShare: busiestMs / spanMs,
      skipped,
      keys: cluster.keys,
    },
  };
}

function together(
  simulations: readonly Simulation[],
  cores: number,
  { warmUpMs, untilMs }: Pick<SimulationOptions, "warmUpMs" | "untilMs">,
): Omit<FleetOutcome, "redis"> {
  const outcomes = simulations.map((one) => one.end());
  const all = new Tally(warmUpMs, cores, { usedMs: 0, credits: null });
  for (const one of simulations) all.add(one.total);
  const meanOf = (figure: (total: PlanOutcome["total"]) => number): number =>
    outcomes.reduce((sum, { total }) => sum + figure(total), 0) / outcomes.length;
  const decisions: Record<string, number> = {};
  for (const outcome of outcomes)
    for (const [name, count] of Object.entries(outcome.decisions)) decisions[name] = (decisions[name] ?? 0) + count;
  const credits = outcomes[0]?.total.credits ?? null;
  const total = {
    ...all.report(untilMs, { usedMs: 0, credits }),
    cpu: meanOf(({ cpu }) => cpu),
    thread: meanOf(({ thread }) => thread),
  };
  const busiestThread = Math.max(...outcomes.map((one) => one.total.thread));
  return { total, decisions, sources: all.sources, busiestThread };
}
