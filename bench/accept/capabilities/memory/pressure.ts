import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { DecisionsReply } from "../../../../src/lib/protocol/decisions.ts";
import type { Health } from "../../../../src/lib/protocol/health.ts";
import type { MemoryReport } from "../../../../src/lib/protocol/memory.ts";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import { MemoryCgroup } from "../../../../scripts/support/process-tree.ts";
import { SLOWNESS, hangLimitMs } from "../../../../src/lib/slowness.ts";
import { runClients } from "../../clients.ts";
import type { Line } from "../../record.ts";
import { round } from "../../statistics.ts";
import { shopTexts } from "../shop-texts.ts";
import { Ballast } from "./ballast.ts";
import { Inside } from "./weights.ts";

const MIB = 1024 * 1024;
const STEPS = [0.82, 0.87, 0.92, 0.97];
const HELD_MS = hangLimitMs(10_000);
/** A heavy action a minute: passes lie further apart than that, so that none hides behind the last one's. */
const REST_MS = 62_000;
const START_LIMIT_MS = hangLimitMs(120_000);
/** In an emulated machine a worker takes many times as long to load. */
const BACK_SECONDS = round(hangLimitMs(10_000) / 1000, 1);

/** Each client, so that all 20 together leave workers idle now and then, as the clients of a chatbot do. */
const PAUSE_MS = 400;
/** What two loaded, warm workers are to read. */
const START = 0.45;

interface Stage {
  readonly daemon: PrivateDaemon;
  readonly ballast: Ballast;
  readonly end: () => Promise<void>;
}

export type Stager = (modelDir: string) => Promise<Stage>;

const readingOf = (daemon: PrivateDaemon) => (): Promise<MemoryReport> =>
  daemon.json<MemoryReport>("GET", "/api/memory/");

function environment(modelDir: string): Record<string, string> {
  return { LOG_LEVEL: "warn", COMBOT_MODEL_DIR: modelDir, MAX_REQUESTS: "0", MAX_USERS_PER_PROCESS: "0" };
}

async function warmUp(daemon: PrivateDaemon): Promise<void> {
  await runClients({ socketPath: daemon.socketPath, clients: 20, texts: shopTexts(), calls: 500 });
}

/** A cgroup with a limit, in which a neighbour takes memory. */
export async function inCgroup(modelDir: string): Promise<Stage> {
  const cgroup = new MemoryCgroup("combot-pressure");
  const env = environment(modelDir);
  const daemon = await PrivateDaemon.start({ env, wrapper: cgroup.wrapper, startLimitMs: START_LIMIT_MS });
  await warmUp(daemon);
  await daemon.ask("GET", "/api/memory/");
  cgroup.limitBytes = Math.round(cgroup.usedBytes / START / MIB) * MIB;
  const ballast = Ballast.beside(daemon, cgroup);
  const end = async (): Promise<void> => {
    await ballast.end();
    await daemon.stop();
    cgroup.remove();
  };
  return { daemon, ballast, end };
}

/** MEMORY_LIMIT alone, for which only the daemon and its workers count: the daemon itself takes memory. */
export async function withSetting(modelDir: string): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "cl-"));
  const inside = new Inside(join(folder, "ballast"));
  const env = { ...environment(modelDir), ...inside.env };
  const first = await PrivateDaemon.start({ env, startLimitMs: START_LIMIT_MS });
  await warmUp(first);
  const { processes } = await readingOf(first)();
  await first.stop();
  const usedBytes = processes.reduce((sum, { pssBytes }) => sum + pssBytes, 0);
  const limited = { ...env, MEMORY_LIMIT: String(Math.round(usedBytes / START)) };
  const daemon = await PrivateDaemon.start({ env: limited, startLimitMs: START_LIMIT_MS });
  await warmUp(daemon);
  const ballast = new Ballast(inside, readingOf(daemon));
  const end = async (): Promise<void> => {
    await ballast.end();
    await daemon.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { daemon, ballast, end };
}

/** The reading is driven up step by step, and let go; 20 clients are at work meanwhile. */
export async function* climbs(
  stager: Stager,
  modelDir: string,
  passes: number,
  say: (progress: string) => void,
): AsyncGenerator<Line> {
  const { daemon, ballast, end } = await stager(modelDir);
  const outcomes: Pass[] = [];
  try {
    const { usage, source } = await readingOf(daemon)();
    yield {
      what: `what two loaded, warm workers read (source: ${source})`,
      measured: round(usage),
      target: "0.40 to 0.50",
      pass: usage >= 0.4 && usage <= 0.5,
    };
    await delay(3000);
    for (let pass = 0; pass < passes; pass++) {
      outcomes.push(await climb(daemon, ballast, say, pass));
      if (pass + 1 < passes) await delay(REST_MS);
    }
    yield* judge(outcomes);
  } finally {
    await end();
  }
}

interface Pass {
  readonly levels: readonly string[];
  readonly actions: readonly string[];
  readonly failedBelowEmergency: number;
  readonly refusedAtEmergency: number;
  /** Calls at emergency that failed by something else: what was said of each. */
  readonly otherAtEmergency: readonly string[];
  readonly backMs: number;
  readonly deaths: number;
}

async function climb(
  daemon: PrivateDaemon,
  ballast: Ballast,
  say: (progress: string) => void,
  pass: number,
): Promise<Pass> {
  // At emergency only one came back.
  await daemon.json("POST", "/api/model/load/?wait=true");
  await delay(3000);
  const since = new Date().toISOString();
  let running = true;
  const texts = shopTexts();
  const calm = runClients({
    socketPath: daemon.socketPath,
    clients: 20,
    texts,
    isOver: () => !running,
    pauseMs: PAUSE_MS,
  });
  for (const share of STEPS.slice(0, 3)) {
    say(`pass ${pass + 1}: holding ${share}`);
    await ballast.hold(share);
    await delay(HELD_MS);
  }
  running = false;
  const below = await calm;
  running = true;
  say(`pass ${pass + 1}: holding ${STEPS[3]}`);
  await ballast.hold(STEPS[3]);
  await untilLevel(daemon, "emergency");
  const hard = runClients({ socketPath: daemon.socketPath, clients: 20, texts, isOver: () => !running, pauseMs: 50 });
  await delay(HELD_MS);
  running = false;
  const during = await hard;
  const releasedAt = performance.now();
  await ballast.hold(undefined);
  await untilServing(daemon);
  const backMs = performance.now() - releasedAt;
  const { decisions } = await daemon.json<DecisionsReply>("GET", `/api/decisions/?limit=1000&since=${since}`);
  const isRefusal = (failure: string): boolean => failure.startsWith("503") && failure.includes("MEMORY_EMERGENCY");
  const refusals = [...during.failures].filter(([failure]) => isRefusal(failure));
  const refused = refusals.reduce((sum, [, count]) => sum + count, 0);
  const others = [...during.failures].filter(([failure]) => !isRefusal(failure));
  return {
    levels: decisions.filter(({ action }) => action === "level").map(({ reason }) => reason),
    actions: decisions.filter(({ action }) => action !== "level").map(({ action }) => action),
    failedBelowEmergency: below.sent - below.ok,
    refusedAtEmergency: refused,
    otherAtEmergency: others.map(([failure, count]) => `${count} × ${failure}`),
    backMs,
    deaths: (daemon.log.match(/"worker died"/g) ?? []).length,
  };
}

function* judge(passes: readonly Pass[]): Generator<Line> {
  // What the ladder frees takes the reading back down for a while: a level counts when it is entered first.
  const upward = passes.map(({ levels }) => [...new Set(levels)].slice(0, 4).join(" "));
  const wanted = "warning high critical emergency";
  const count = (test: (pass: Pass) => boolean): number => passes.filter(test).length;
  const all = passes.length;
  const ordered = upward.filter((levels) => levels === wanted).length;
  const astray = upward.filter((levels) => levels !== wanted).map((levels) => `; otherwise: ${levels}`);
  yield {
    what: `passes with each level entered in order, of ${all}${astray.join("")}`,
    measured: ordered,
    target: String(all),
    pass: ordered === all,
  };
  const acted = count(({ actions }) => actions.includes("unload all") && actions.includes("restore"));
  yield {
    what: "passes in which emergency unloaded all and one came back",
    measured: acted,
    target: String(all),
    pass: acted === all,
  };
  const cleaned = count(({ actions }) => actions.includes("force cleanup"));
  const held = count(({ actions }) => !actions.includes("force cleanup") && actions.includes("hold"));
  yield {
    what: `passes in which critical forced a cleanup, or held after 5 recycles in 10 minutes (${cleaned} and ${held})`,
    measured: cleaned + held,
    target: `${all}, some of them by a cleanup`,
    pass: cleaned + held === all && cleaned > 0,
  };
  const idle = count(({ actions }) => actions.includes("unload idle"));
  yield {
    what: "passes in which high found a worker idle, and unloaded it",
    measured: idle,
    target: "for the record",
    pass: true,
  };
  const failed = passes.reduce((sum, pass) => sum + pass.failedBelowEmergency, 0);
  yield { what: "failed calls below emergency", measured: failed, target: "0", pass: failed === 0 };
  const others = passes.flatMap((pass) => pass.otherAtEmergency);
  yield {
    what: "calls at emergency that failed otherwise than with 503 MEMORY_EMERGENCY",
    measured: others.join("; "),
    target: "",
    pass: others.length === 0,
  };
  const refused = passes.reduce((sum, pass) => sum + pass.refusedAtEmergency, 0);
  yield { what: "calls refused at emergency", measured: refused, target: "more than 0", pass: refused > 0 };
  const back = round(Math.max(...passes.map(({ backMs }) => backMs)) / 1000, 1);
  yield {
    what: "from the release to serving again, s, at most",
    measured: back,
    target: SLOWNESS > 1 ? `at most ${BACK_SECONDS} on so slow a machine` : "at most 10",
    pass: back <= BACK_SECONDS,
  };
  const deaths = passes.at(-1)?.deaths ?? 0;
  yield { what: "workers that died (OOM or else)", measured: deaths, target: "0", pass: deaths === 0 };
}

async function untilLevel(daemon: PrivateDaemon, level: string): Promise<void> {
  const limit = performance.now() + hangLimitMs(30_000);
  while (performance.now() < limit) {
    if ((await daemon.json<MemoryReport>("GET", "/api/memory/")).level === level) return;
    await delay(50);
  }
  throw new Error(`the level did not become ${level}`);
}

async function untilServing(daemon: PrivateDaemon): Promise<void> {
  const limit = performance.now() + hangLimitMs(60_000);
  while (performance.now() < limit) {
    const health = JSON.parse((await daemon.ask("GET", "/api/health/")).text) as Health;
    if (health.status !== "unhealthy" && health.checks.model.detail.includes("serve")) return;
    await delay(50);
  }
  throw new Error("no worker came back");
}
