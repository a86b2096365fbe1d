import { beforeAll, expect, onTestFinished, test } from "vitest";
import { PrivateDaemon } from "../../../scripts/support/private-daemon.ts";
import { Simulation } from "../../../src/daemon/simulation/simulation.ts";
import type { Arrival, Traffic } from "../../../src/daemon/simulation/traffic.ts";
import type { Decision, DecisionsReply } from "../../../src/lib/protocol/decisions.ts";
import { MIB } from "../../../src/lib/units.ts";
import { writeNamedModel } from "../../support/repository.ts";
import { temporaryFolder } from "../../support/temporary.ts";
import { measuredModel, planMachine, planPolicy } from "../../support/plan-fixtures.ts";
import { requireBuild } from "../cli/cli-process.ts";

beforeAll(requireBuild);

const MAX_USERS = 4;
const MAX_REQUESTS = 10;
/** Who asks, one after another: new users, others, and one who asks often. */
const BURSTS: readonly (readonly number[])[] = [
  [1, 2, 3, 4],
  [5, 6, 7, 8],
  Array.from({ length: MAX_REQUESTS }, () => 9),
];
/** A worker is due after each burst; after a recycle the next one rests first, and that is told. */
const DECISIONS_A_BURST = [1, 3, 5];
/**
 * Ten loads are a worker's rest, of which this is a part that counts on any machine: a rest that is over before the
 * next look, a second later, isn't told, and one of half a minute makes the test wait.
 */
function ballastBytes(): number {
  const probe = Buffer.allocUnsafeSlow(64 * MIB);
  const started = performance.now();
  probe.fill(1);
  const filledMs = performance.now() - started;
  return Math.round(Math.min(4, Math.max(1, 160 / filledMs))) * 64 * MIB;
}

/** The same calls, when the simulation has done what the daemon is waited for. */
class ScriptedTraffic implements Traffic {
  // Loads take 400 ms there: recycled by 2.4 s, so that the second one rests until 6.4 s, and so on.
  readonly #arrivals = BURSTS.flatMap((users, burst) =>
    users.map((user, at): Arrival => ({ atMs: [1200, 3200, 8200][burst]! + at * 20, user, rank: -1, tokens: 8 })),
  );
  #next = 0;

  next(): Arrival | undefined {
    return this.#arrivals[this.#next++];
  }
}

test("a daemon and a simulation of it decide the same about the same calls", { timeout: 240_000 }, async () => {
  expect(await daemonDecides()).toEqual(await simulationDecides());
});

async function daemonDecides(): Promise<unknown[]> {
  const daemon = await PrivateDaemon.start({
    env: {
      COMBOT_MODEL_DIR: writeNamedModel(temporaryFolder(), "slow", { ballastBytes: ballastBytes() }),
      WORKERS: "2",
      MAX_USERS_PER_PROCESS: String(MAX_USERS),
      MAX_REQUESTS: String(MAX_REQUESTS),
      MAX_REQUESTS_JITTER: "0",
      PROCESS_RECYCLE_INTERVAL: "0",
      MODEL_IDLE_UNLOAD: "-1",
    },
  });
  onTestFinished(() => void daemon.stop());
  await daemon.json("POST", "/api/model/load/?wait=true");
  for (const [burst, users] of BURSTS.entries()) {
    for (const user of users)
      await daemon.json("POST", "/api/classify/", { text: "where is my parcel", user: `${user}`, noCache: true });
    await expect
      .poll(async () => (await decisionsOf(daemon)).length, { timeout: 60_000, interval: 50 })
      .toBeGreaterThanOrEqual(DECISIONS_A_BURST[burst]!);
  }
  return (await decisionsOf(daemon)).map(essence);
}

async function decisionsOf(daemon: PrivateDaemon): Promise<readonly Decision[]> {
  const { decisions } = await daemon.json<DecisionsReply>("GET", "/api/decisions/");
  // What people do by hand, and what a busy machine does to memory, is no part of it.
  return decisions.filter(({ action }) => action === "recycle" || action === "put off");
}

async function simulationDecides(): Promise<unknown[]> {
  const simulation = new Simulation({
    machine: planMachine(),
    policy: planPolicy({ workers: 2, maxUsersPerProcess: MAX_USERS, maxRequests: MAX_REQUESTS }),
    model: measuredModel({ loadMs: 400 }),
    texts: ["one"],
    traffic: new ScriptedTraffic(),
    random: () => 0.5,
    warmUpMs: 0,
    untilMs: 60_000,
    spanMs: 60_000,
  });
  await simulation.run();
  return simulation.decisions.list({}).map(essence);
}

/** All but what depends on the moment: ids, times, bytes. */
function essence({ action, reason, slot, measured, threshold }: Decision) {
  return { action, reason, slot, measured, threshold };
}
