import { setTimeout as delay } from "node:timers/promises";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { PrivatePostgres } from "../../../../scripts/support/private-postgres.ts";
import { runClients } from "../../clients.ts";
import type { Line } from "../../record.ts";
import { median, quantile, round } from "../../statistics.ts";
import { shopTexts } from "../shop-texts.ts";
import { isSettled, keepDeciding, untilJournal } from "./watch.ts";

const PAIRS = 5;
const CLIENTS = 50;
const RUN_MS = 12_000;
const FROZEN_MS = 6000;
const DECIDE_EVERY_MS = 1000;
const MOST = 1.25;

/** p99 with Postgres cut, frozen and killed, over that without; the runs take turns. */
export async function* pairs(say: (progress: string) => void): AsyncGenerator<Line> {
  const postgres = await PrivatePostgres.start();
  const env = {
    LOG_LEVEL: "error",
    WORKERS: "1",
    DATABASE_URL: await postgres.database("journal"),
    DATABASE_POOL_MAX: "5",
  };
  const daemon = await PrivateDaemon.start({ env });
  const load = { socketPath: daemon.socketPath, clients: CLIENTS, texts: shopTexts() };
  try {
    await runClients({ ...load, calls: 5000 });
    const stop = keepDeciding(daemon, DECIDE_EVERY_MS);
    const ratios: number[] = [];
    const told: string[] = [];
    let failed = 0;
    const run = async (faults: Promise<void>): Promise<number> => {
      const tally = await runClients({ ...load, durationMs: RUN_MS });
      await faults;
      await untilJournal(daemon, isSettled, RUN_MS);
      failed += tally.sent - tally.ok;
      return quantile(tally.latenciesMs, 0.99);
    };
    for (let pair = 1; pair <= PAIRS; pair++) {
      say(`pair ${pair} of ${PAIRS}`);
      const without = await run(Promise.resolve());
      const withFaults = await run(trouble(postgres));
      ratios.push(withFaults / without);
      told.push(`${round(withFaults, 1)}/${round(without, 1)}`);
    }
    await stop();
    const ratio = round(median(ratios));
    yield {
      what: `p99 with faults over p99 without, ${PAIRS} interleaved pairs, median (ms: ${told.join(", ")})`,
      measured: ratio,
      target: `at most ${MOST}`,
      pass: ratio <= MOST,
    };
    yield { what: "requests failed in them", measured: failed, target: "0", pass: failed === 0 };
  } catch (error) {
    process.stderr.write(daemon.log);
    throw error;
  } finally {
    await daemon.stop("SIGKILL");
    await postgres.remove();
  }
}

/** As much as goes into one run. */
async function trouble(postgres: PrivatePostgres): Promise<void> {
  for (let cut = 0; cut < 3; cut++) {
    await delay(1000);
    await postgres.cut().catch(() => undefined);
  }
  postgres.freeze();
  await delay(FROZEN_MS);
  postgres.thaw();
  await postgres.end("SIGKILL");
  await delay(1000);
  await postgres.run();
}
