import { inParallel } from "./bounded.ts";

/** Where a host stands in a run. */
export type Stand = "same" | "waiting" | "deployed" | "rolled-back" | "failed" | "unknown";

export interface Outcome {
  readonly host: string;
  readonly stand: Stand;
  readonly detail: string;
  /** Of one that failed, what its own deploy showed beneath: the last lines that its daemon logged, say. */
  readonly faults?: readonly string[];
}

export interface Rollout {
  /** Hosts with something to do, in the order of the file. */
  readonly batches: readonly (readonly string[])[];
  /** Of one batch, so many are deployed together. */
  readonly atOnce: number;
  /** Deploys one host, and tells what became of it. */
  readonly deploy: (host: string) => Promise<Outcome>;
  /** Between two batches; over at once where the run is stopped. */
  readonly pause: () => Promise<void>;
  readonly isStopped: () => boolean;
  readonly onOutcome: (outcome: Outcome) => void;
}

/**
 * One batch after the other, until one has a host that failed or somebody stops the run. What has begun is always waited
 * for; hosts that have not are left alone.
 *
 * @returns one outcome for each host that was to be deployed, in their order.
 */
export async function rollOut(run: Rollout): Promise<readonly Outcome[]> {
  const { batches, atOnce, deploy, pause, isStopped, onOutcome } = run;
  const outcomes = new Map<string, Outcome>();
  const begin = async (host: string): Promise<void> => {
    if (isStopped()) return;
    const outcome = await deploy(host);
    outcomes.set(host, outcome);
    onOutcome(outcome);
  };
  for (const [index, batch] of batches.entries()) {
    if (index > 0) await pause();
    await inParallel(batch, atOnce, begin);
    if (batch.some((host) => outcomes.get(host)?.stand !== "deployed")) break;
  }
  const waiting = { stand: "waiting", detail: "not begun, and serves as before" } as const;
  return batches.flat().map((host) => outcomes.get(host) ?? { host, ...waiting });
}
