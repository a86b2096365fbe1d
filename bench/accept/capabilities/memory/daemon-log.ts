import type { DecisionsReply } from "../../../../src/lib/protocol/decisions.ts";
import type { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";

interface Born {
  readonly slot: number;
  readonly generation: number;
  readonly tookMs: number;
  readonly atMs: number;
}

/** Workers that came to serve, as the daemon's log at level info tells it; ms since the epoch. */
export function birthsIn({ log }: PrivateDaemon): Born[] {
  return log
    .split("\n")
    .filter((line) => line.includes('"worker ready"'))
    .map((line) => JSON.parse(line) as { time: string; slot: number; generation: number; tookMs: number })
    .map(({ time, slot, generation, tookMs }) => ({ slot, generation, tookMs, atMs: Date.parse(time) }));
}

export async function decisionsOf(daemon: PrivateDaemon, action: string): Promise<DecisionsReply["decisions"]> {
  const { decisions } = await daemon.json<DecisionsReply>("GET", "/api/decisions/?limit=1000");
  return decisions.filter((decision) => decision.action === action);
}
