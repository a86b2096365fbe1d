import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { MemoryCgroup } from "../../../../scripts/support/process-tree.ts";
import { callSocket, keepAliveAgent } from "../../../../scripts/support/socket-request.ts";
import type { ClassifyReply } from "../../../../src/lib/protocol/classify.ts";
import type { MemoryReport } from "../../../../src/lib/protocol/memory.ts";
import type { ModelRow, ModelsReply } from "../../../../src/lib/protocol/models.ts";
import { hangLimitMs } from "../../../../src/lib/slowness.ts";
import { MIB } from "../../../../src/lib/units.ts";
import { writeNamedModel } from "../../../../test/support/repository.ts";

/** What a worker of each takes, which the file does not hold: so that its load takes memory as large models do. */
const BALLAST_BYTES = 48 * MIB;
/** Of what one model needs, beside those that fit and what the last of them takes to load: no further one loads in it. */
const SLACK = 0.4;
const CRITICAL = 0.9;
const HIGH = 0.85;

/** A daemon in a cgroup of its own, with so many models of one size, of which so many fit. */
export interface Stage {
  readonly daemon: PrivateDaemon;
  readonly cgroup: MemoryCgroup;
  readonly names: readonly string[];
  rows(): Promise<readonly ModelRow[]>;
  close(): Promise<void>;
}

export async function stageOf(count: number, fitting: number, timeoutSeconds = 30): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "combot-several-"));
  const names = Array.from({ length: count }, (_, at) => `model-${at}`);
  for (const name of names) writeNamedModel(join(folder, "models", name), name, { ballastBytes: BALLAST_BYTES });
  writeNamedModel(join(folder, "own"), "own");
  const cgroup = new MemoryCgroup("combot-several");
  cgroup.limitBytes = 4096 * MIB;
  const env = {
    COMBOT_MODEL_DIR: join(folder, "own"),
    COMBOT_MODELS_DIR: join(folder, "models"),
    PRELOAD: "false",
    WORKERS: "2",
    LOG_LEVEL: "error",
    REQUEST_TIMEOUT: String(timeoutSeconds),
  };
  const daemon = await PrivateDaemon.start({ env, wrapper: cgroup.wrapper, startLimitMs: hangLimitMs(60_000) });
  const rowsOf = async (): Promise<readonly ModelRow[]> =>
    (await daemon.json<ModelsReply>("GET", "/api/models/")).models.filter((row) => !row.default);
  const close = async (): Promise<void> => {
    await daemon.stop();
    await delay(500);
    cgroup.remove();
    rmSync(folder, { recursive: true, force: true });
  };
  // Each has been here once, so that what it takes is known; then the limit comes down.
  for (const name of names) {
    await daemon.json("POST", `/api/models/${name}/load/?wait=true`);
    await delay(1200);
    await daemon.json("POST", `/api/models/${name}/unload/?wait=true`);
  }
  const { processes } = await daemon.json<MemoryReport>("GET", "/api/memory/");
  const own = processes.reduce((sum, { rssBytes, mappedBytes }) => sum + rssBytes - mappedBytes, 0);
  const rows = await rowsOf();
  const needs = Math.max(...rows.map((row) => row.needs ?? 0));
  const needsToLoad = Math.max(...rows.map((row) => row.needsToLoad ?? 0));
  cgroup.limitBytes = Math.round((own + needs * (fitting - 1 + SLACK) + needsToLoad) / HIGH);
  await delay(1500);
  return { daemon, cgroup, names, rows: rowsOf, close };
}

/** Below this the models must stay, in bytes. */
export function ceilingOf({ cgroup }: Stage): number {
  return CRITICAL * cgroup.limitBytes;
}

export interface Called {
  readonly trace: string[];
  readonly failures: string[];
  readonly latenciesMs: number[];
  wrong: number;
}

/** Closed loop, one call each at least: the next call's model is what `next` says. */
export async function callModels(
  { daemon: { socketPath } }: Stage,
  clients: number,
  durationMs: number,
  next: (call: number) => string,
): Promise<Called> {
  const called: Called = { trace: [], failures: [], latenciesMs: [], wrong: 0 };
  const agent = keepAliveAgent(clients);
  const until = performance.now() + durationMs;
  let calls = 0;
  const client = async (): Promise<void> => {
    do {
      const call = calls++;
      const model = next(call);
      called.trace.push(model);
      const from = performance.now();
      const body = { text: `order ${call} is ok`, model, noCache: true };
      const reply = await callSocket({ socketPath, method: "POST", path: "/api/classify/", body, agent }).catch(
        (error: unknown) => ({ status: 0, text: String(error) }),
      );
      called.latenciesMs.push(performance.now() - from);
      if (reply.status !== 200) called.failures.push(`${reply.status} ${reply.text.slice(0, 160)}`);
      else if (!(JSON.parse(reply.text) as ClassifyReply).results[0]!.label.startsWith(`${model}:`)) called.wrong += 1;
    } while (performance.now() < until);
  };
  await Promise.all(Array.from({ length: clients }, client));
  agent.destroy();
  return called;
}
