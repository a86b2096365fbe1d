import type { Capability, Line } from "../record.ts";
import { failures } from "./hosts/failures.ts";
import { Fleet } from "./hosts/fleet.ts";
import { rollouts } from "./hosts/rollouts.ts";

/** Machines with systemd behind HAProxy and before a Redis Cluster, all of them on this one. Needs root. */
export const hosts: Capability = {
  name: "hosts",
  summary:
    "Four hosts behind HAProxy, before a Redis Cluster of three and three, under 50 clients: deploys and failures",
  parts: [
    { name: "rollouts", run: (say) => onFleet(rollouts, say) },
    { name: "failures", run: (say) => onFleet(failures, say) },
  ],
};

async function* onFleet(
  part: (fleet: Fleet, say: (progress: string) => void) => AsyncGenerator<Line>,
  say: (progress: string) => void,
): AsyncGenerator<Line> {
  const fleet = await Fleet.start(say);
  try {
    yield* part(fleet, say);
  } finally {
    await fleet.end();
  }
}
