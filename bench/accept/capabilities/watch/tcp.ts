import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { rssBytes } from "../../../../scripts/support/process-tree.ts";
import { cpuSecondsOf } from "../../../../src/lib/perf/watch/cpu-time.ts";
import { LISTEN_TOKEN, startListening } from "../../../../test/support/listening-daemon.ts";
import { runClients } from "../../clients.ts";
import type { Line } from "../../record.ts";
import { quantile, round } from "../../statistics.ts";
import { shopTexts } from "../shop-texts.ts";

const MIB = 1024 * 1024;
const ATTACKER = fileURLToPath(new URL("./attacker-process.ts", import.meta.url));
const WARM_MS = 4000;
/** Longer than headers may take: those who dawdle are given up, and come again, while it is measured. */
const MEASURED_MS = 12_000;
/** Until the attack stands, and until it is over. */
const ONSET_MS = 4000;
const OVER_MS = 2000;
const MOST_GROWTH_MIB = 64;
const CLIENTS = 8;
const PAUSE_MS = 20;

const ATTACKS = {
  idle: "10,000 connections opened and left",
  headers: "1,000 connections with a byte of headers a second",
  bodies: "1,000 connections with a byte of body a second",
  gigabytes: "16 connections that pour 1 GB bodies",
} as const;

interface Phase {
  readonly p99Ms: number;
  readonly failed: number;
  readonly rssMiB: number;
  readonly connections: number;
}

/** Those on combot.sock feel nothing of what happens on the TCP listener. */
export async function* tcp(say: (progress: string) => void): AsyncGenerator<Line> {
  const folder = mkdtempSync(join(tmpdir(), "ct-"));
  const env = { LOG_LEVEL: "warn", MAX_REQUESTS: "0", DATABASE_URL: "off" };
  const { daemon, port } = await startListening(folder, { env });
  try {
    await measure(daemon, port, WARM_MS);
    for (const [kind, told] of Object.entries(ATTACKS)) {
      say("tcp: calm");
      const calm = await measure(daemon, port);
      say(`tcp: ${told}`);
      const { phase, attackerCpu } = await attack(daemon, port, kind);
      yield* judge(told, calm, phase, attackerCpu);
    }
  } finally {
    await daemon.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns what was measured beneath it, and the share of a core that the attacker took. */
async function attack(
  daemon: PrivateDaemon,
  port: number,
  kind: string,
): Promise<{ readonly phase: Phase; readonly attackerCpu: number }> {
  const attacker = spawn(process.execPath, [ATTACKER, kind, String(port), LISTEN_TOKEN], { stdio: "ignore" });
  const cpuMs = (): number => (cpuSecondsOf(attacker.pid ?? 0) ?? NaN) * 1000;
  try {
    await delay(ONSET_MS);
    const before = cpuMs();
    const phase = await measure(daemon, port);
    return { phase, attackerCpu: (cpuMs() - before) / MEASURED_MS };
  } finally {
    attacker.kill("SIGKILL");
    await once(attacker, "exit");
    await delay(OVER_MS);
  }
}

/** The attacker shares the two cores, at the lowest priority; what he takes of them is told. */
function* judge(told: string, calm: Phase, beneath: Phase, attackerCpu: number): Generator<Line> {
  const { p99Ms, failed, rssMiB, connections } = beneath;
  const ratio = round(p99Ms / calm.p99Ms);
  const attacker = `${connections} held at most, the attacker's own work ${round(attackerCpu * 100, 0)} % of a core`;
  yield {
    what: `tcp: ${told} (${attacker}): p99 on combot.sock, over that in the calm before it (${p99Ms} and ${calm.p99Ms} ms)`,
    measured: ratio,
    target: "at most 2",
    pass: ratio <= 2,
  };
  yield { what: `tcp: ${told}: failed calls on combot.sock`, measured: failed, target: "0", pass: failed === 0 };
  const growth = round(rssMiB - calm.rssMiB, 1);
  yield {
    what: `tcp: ${told}: the daemon's peak RSS above that in calm (${calm.rssMiB} MiB), MiB`,
    measured: growth,
    target: `at most ${MOST_GROWTH_MIB}`,
    pass: growth <= MOST_GROWTH_MIB,
  };
}

async function measure(
  { socketPath, pid }: PrivateDaemon,
  port: number,
  durationMs: number = MEASURED_MS,
): Promise<Phase> {
  let [peak, connections] = [0, 0];
  const look = setInterval(() => {
    peak = Math.max(peak, rssBytes(pid));
    connections = Math.max(connections, establishedAt(port));
  }, 500);
  const load = { socketPath, clients: CLIENTS, texts: shopTexts(), pauseMs: PAUSE_MS, durationMs };
  const { sent, ok, latenciesMs } = await runClients(load);
  clearInterval(look);
  return { p99Ms: round(quantile(latenciesMs, 0.99), 1), failed: sent - ok, rssMiB: round(peak / MIB, 1), connections };
}

/** Connections that the listener holds. */
function establishedAt(port: number): number {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return readFileSync("/proc/net/tcp", "latin1")
    .split("\n")
    .filter((line) => line.trim().split(/\s+/)[1] === local && line.trim().split(/\s+/)[3] === "01").length;
}
