import { type Asked, missedBy, mostUsers, tryMs, WARM_UP_SHARE } from "../../src/daemon/simulation/capacity.ts";
import type { PlanTargets } from "../../src/lib/protocol/plan.ts";
import { type Fleet, type FleetOutcome, simulateFleet } from "./fleet-simulation.ts";

export interface FleetAsked extends Asked {
  readonly perUserPerSecond: number;
  readonly targets: PlanTargets;
  readonly unique: boolean;
  /** The first number of users that is tried. */
  readonly from: number;
  /** That is about as many as hold. */
  readonly isNear?: boolean;
  /** Measured in a try. */
  readonly requests: number;
}

export interface FleetCapacity {
  readonly users: number;
  readonly perSecond: number;
  /** With as many users as hold; null where none do. */
  readonly outcome: FleetOutcome | null;
}

const NEAR = { up: 1.1, down: 1.1 };

/** So many users as `combot plan` would try them, on all hosts together. */
export function tryFleet(
  fleet: Fleet,
  users: number,
  asked: Omit<FleetAsked, "from" | "isNear" | "targets">,
): Promise<FleetOutcome> {
  const perSecond = users * asked.perUserPerSecond;
  const ms = tryMs(perSecond, asked.requests);
  const times = { warmUpMs: WARM_UP_SHARE * ms, untilMs: (1 + WARM_UP_SHARE) * ms };
  return simulateFleet(fleet, { minutes: [perSecond], users, unique: asked.unique }, asked, times);
}

/** The most users at which the targets hold, found as `combot plan` finds it. */
export async function fleetCapacity(fleet: Fleet, asked: FleetAsked): Promise<FleetCapacity> {
  const outcomes = new Map<number, FleetOutcome>();
  const isHeld = async (users: number): Promise<boolean> => {
    const outcome = await tryFleet(fleet, users, asked);
    const { total, decisions } = outcome;
    if (missedBy({ total, decisions }, asked.targets) !== undefined) return false;
    outcomes.set(users, outcome);
    return true;
  };
  const { holds } = await mostUsers(asked.from, isHeld, ...(asked.isNear ? [NEAR] : []));
  return { users: holds, perSecond: holds * asked.perUserPerSecond, outcome: outcomes.get(holds) ?? null };
}
