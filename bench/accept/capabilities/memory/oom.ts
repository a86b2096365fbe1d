import { writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { ProcessStatus } from "../../../../src/lib/protocol/process.ts";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { MemoryCgroup } from "../../../../scripts/support/process-tree.ts";
import { hangLimitMs } from "../../../../src/lib/slowness.ts";
import { runClients } from "../../clients.ts";
import type { Line } from "../../record.ts";
import { round } from "../../statistics.ts";
import { shopTexts } from "../shop-texts.ts";
import { birthsIn, decisionsOf } from "./daemon-log.ts";

const MIB = 1024 * 1024;
const CALLS = 200;

/** PAINS 11: the kernel kills one worker, which its own cgroup does not let grow. */
export async function* oomKill(modelDir: string, say: (progress: string) => void): AsyncGenerator<Line> {
  const env = { LOG_LEVEL: "info", COMBOT_MODEL_DIR: modelDir, MAX_REQUESTS: "0" };
  const daemon = await PrivateDaemon.start({ env, startLimitMs: hangLimitMs(120_000) });
  const cgroup = new MemoryCgroup("combot-oom");
  const workers = async () => (await daemon.json<ProcessStatus>("GET", "/api/process/status/")).workers;
  try {
    await daemon.json("POST", "/api/model/load/?wait=true");
    const victim = (await workers())[0]!;
    // What it has is charged where it was; what it takes from now on is charged here.
    cgroup.limitBytes = MIB;
    writeFileSync(`${cgroup.path}/cgroup.procs`, String(victim.pid));
    say("PAINS 11: one worker may grow by 1 MiB");
    const long = shopTexts().map((text, index) => `${index} ${text} `.repeat(4));
    const { ok } = await runClients({ socketPath: daemon.socketPath, clients: 20, texts: long, calls: CALLS });
    const [death] = await decisionsOf(daemon, "worker died");
    const backMs = await untilBack(daemon, victim.slot, death?.at);
    yield {
      what: `PAINS 11: calls answered while the kernel kills a worker, of ${CALLS}`,
      measured: ok,
      target: String(CALLS),
      pass: ok === CALLS,
    };
    const told = `${death?.reason}: ${death?.detail}`;
    yield { what: "PAINS 11: what the decision says", measured: told, target: "oom", pass: death?.reason === "oom" };
    yield {
      what: "PAINS 11: the slot serves again after, s",
      measured: round(backMs / 1000, 1),
      target: "at most 5",
      pass: backMs <= 5000,
    };
    const health = (await daemon.ask("GET", "/api/health/")).status;
    yield { what: "PAINS 11: health afterwards", measured: health, target: "200", pass: health === 200 };
  } finally {
    await daemon.stop();
    cgroup.remove();
  }
}

async function untilBack(daemon: PrivateDaemon, slot: number, diedAt: string | undefined): Promise<number> {
  const diedAtMs = Date.parse(diedAt ?? "");
  for (const limit = performance.now() + hangLimitMs(30_000); performance.now() < limit; await delay(20)) {
    const back = birthsIn(daemon).find((birth) => birth.slot === slot && birth.atMs >= diedAtMs);
    if (back) return back.atMs - diedAtMs;
  }
  return NaN;
}
