import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { rssBytes } from "../../../../scripts/support/process-tree.ts";
import { runClients } from "../../clients.ts";
import type { Line } from "../../record.ts";
import { round } from "../../statistics.ts";

const CALLS = 100_000;

/** The daemon alone, its workers not counted: RSS in megabytes of 10^6 bytes, as the target is written. */
export async function* staysSmall(texts: readonly string[], say: (progress: string) => void): AsyncGenerator<Line> {
  const daemon = await PrivateDaemon.start({ env: { LOG_LEVEL: "error" } });
  try {
    const idle = round(rssBytes(daemon.pid) / 1e6, 1);
    yield { what: "daemon idle, RSS in MB", measured: idle, target: "at most 100", pass: idle <= 100 };
    say(`${CALLS} calls`);
    const from = performance.now();
    const tally = await runClients({ socketPath: daemon.socketPath, clients: 50, texts, calls: CALLS });
    const perSecond = round(tally.sent / ((performance.now() - from) / 1000), 0);
    const busy = round(rssBytes(daemon.pid) / 1e6, 1);
    yield { what: `daemon after ${CALLS} calls, RSS in MB`, measured: busy, target: "at most 125", pass: busy <= 125 };
    yield {
      what: `failed of these ${CALLS} calls`,
      measured: tally.sent - tally.ok,
      target: "0",
      pass: tally.ok === tally.sent,
    };
    yield {
      what: "calls/s meanwhile, 50 clients, nothing cached",
      measured: perSecond,
      target: "for the record",
      pass: true,
    };
  } finally {
    await daemon.stop();
  }
}
