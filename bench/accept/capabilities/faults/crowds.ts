import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { callSocket, keepAliveAgent } from "../../../../scripts/support/socket-request.ts";
import { MIB } from "../../../../src/lib/units.ts";
import type { Line } from "../../record.ts";

const CROWD = fileURLToPath(new URL("./crowd-process.ts", import.meta.url));
const SETTLED_MS = 1000;
const MEASURED_MS = 6000;
const PAUSE_MS = 5;
const MOST_GROWTH_MIB = 64;
const LONGEST_STALL_MS = 100;

const CROWDS = {
  openapi: "10 connections with 1,300 unread GET /api/openapi.json each",
  metrics: "10 connections with 64 KB of unread GET /metrics each",
  "metrics-read": "10 connections with 64 KB of GET /metrics each, read",
  bodies: "600 half-sent bodies of 900 KB",
  chunks: "600 half-sent bodies of 900 KB in chunks",
  heads: "3,000 half-sent heads of 15 KB",
  idle: "3,000 connections without a word",
} as const;

/** Memory and stalls of the daemon under each, as the control socket sees them, on a daemon of its own. */
export async function* crowds(say: (progress: string) => void): AsyncGenerator<Line> {
  for (const [crowd, told] of Object.entries(CROWDS)) {
    say(told);
    const daemon = await PrivateDaemon.start({ env: { WORKERS: "1", LOG_LEVEL: "warn" } });
    try {
      await delay(SETTLED_MS);
      const before = statusMib(daemon.pid, "VmRSS");
      // The high-water mark begins anew.
      writeFileSync(`/proc/${daemon.pid}/clear_refs`, "5");
      const stallMs = await pingUnder(crowd, daemon);
      const growth = Math.round(statusMib(daemon.pid, "VmHWM") - before);
      yield limited(`${told}: growth of the daemon at most, MiB`, growth, MOST_GROWTH_MIB);
      yield limited(`${told}: processor time that a ping waited for at most, ms`, stallMs, LONGEST_STALL_MS);
    } finally {
      await daemon.stop("SIGKILL");
    }
  }
}

function limited(what: string, measured: number, most: number): Line {
  return { what, measured, target: `at most ${most}`, pass: measured <= most };
}

/**
 * What the daemon's main thread computed between a ping and its answer, at most, in ms: a stall of its loop, and not one
 * of the machine that the crowd shares with it.
 */
async function pingUnder(crowd: string, daemon: PrivateDaemon): Promise<number> {
  const child = spawn(process.execPath, [CROWD, daemon.socketPath, crowd], { stdio: "ignore" });
  const agent = keepAliveAgent(1);
  let longest = 0;
  try {
    for (const until = performance.now() + MEASURED_MS; performance.now() < until;) {
      const from = computedMs(daemon.pid);
      await callSocket({ socketPath: daemon.controlPath, path: "/api/health/", agent });
      longest = Math.max(longest, computedMs(daemon.pid) - from);
      await delay(PAUSE_MS);
    }
  } finally {
    agent.destroy();
    child.kill("SIGKILL");
  }
  return Math.round(longest);
}

/** Of the main thread alone. */
function computedMs(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "latin1").split(" ")[0]) / 1e6;
}

function statusMib(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return (Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "mu").exec(status)?.[1]) * 1024) / MIB;
}
