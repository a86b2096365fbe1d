import type { MeasuredModel, PlanMachine, PlanPolicy } from "../../lib/protocol/plan.ts";
import type { SimulatedRedis } from "./simulated-redis.ts";
import type { Limits } from "./tally.ts";
import type { Traffic } from "./traffic.ts";
import type { VirtualTime } from "./virtual-time.ts";

export interface SimulationOptions {
  readonly machine: PlanMachine;
  readonly policy: PlanPolicy;
  readonly model: MeasuredModel;
  readonly texts: readonly string[];
  readonly traffic: Traffic;
  /** 0 to 1. */
  readonly random: () => number;
  /** In place of what was measured: what a batch of so many texts of up to so many tokens takes, in ms. */
  readonly batchMs?: (texts: number, tokens: number) => number;
  /** What is told of begins here; before that it warms up. */
  readonly warmUpMs: number;
  readonly untilMs: number;
  /** What is told apart. */
  readonly spanMs: number;
  /** Beyond them it is not gone on with: what is told is of nobody's interest then. */
  readonly limits?: Limits;
  /** Of several machines: a clock and a Redis that they have in common. Left out: both are its own. */
  readonly time?: VirtualTime;
  readonly redis?: SimulatedRedis;
  readonly onProgress?: (share: number) => void;
}
