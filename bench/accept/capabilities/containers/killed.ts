import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { setTimeout as delay } from "node:timers/promises";
import { callSocket } from "../../../../scripts/support/socket-request.ts";
import { runClients } from "../../clients.ts";
import type { Tally } from "../../clients.ts";
import type { Line } from "../../record.ts";
import { quantile, round } from "../../statistics.ts";
import { shopTexts } from "../shop-texts.ts";
import type { Engine } from "./engine.ts";
import { Front } from "../../front.ts";
import { headersOf, untilReady } from "./pod-calls.ts";
import { withPods } from "./pods.ts";
import type { Pod, Pods } from "./pods.ts";
import { exactly, forTheRecord } from "./stage.ts";

const CLIENTS = 20;
const PAUSE_MS = 20;
const BEFORE_MS = 2000;
const AFTER_MS = 5000;
const BACK_LIMIT_SECONDS = 30;
/** A caller that nobody can answer is told so, and not kept. */
const TOLD_LIMIT_MS = 10_000;
const STEP_BYTES = 16 * 2 ** 20;

/** The kernel kills a pod that is over its limit: it comes back, and others answer meanwhile. */
export const killed = withPods("killed", async function* ({ engine, folder }, pods, say) {
  const [a, b] = [await pods.play("a"), await pods.play("b")];
  const front = await Front.start(pods.front(folder));
  try {
    for (const { slot } of [a, b]) await front.until(slot, "UP");
    say("one of two is killed");
    const two = await killUnderLoad(engine, pods, front, a);
    yield* deathOf(two);
    yield exactly("calls that failed while the other pod was there", failuresOf(two.tally) || 0, 0);
    yield forTheRecord("calls meanwhile, and the longest, ms", callsOf(two.tally));
    await pods.remove(b);
    say("the only one is killed");
    const one = await killUnderLoad(engine, pods, front, a);
    yield* deathOf(one);
    yield* toldClearly(one.tally);
    say("none is left");
    await pods.remove(a);
    await front.until("a", "DOWN");
    const fromMs = performance.now();
    const { status } = await callSocket({ socketPath: front.socketPath, path: "/api/health/" });
    const ms = round(performance.now() - fromMs, 0);
    yield exactly("with no pod at all: what a caller is told", status, 503);
    yield { what: "after, ms", measured: ms, target: `at most ${TOLD_LIMIT_MS}`, pass: ms <= TOLD_LIMIT_MS };
  } finally {
    await front.end();
  }
});

interface Killed {
  readonly tally: Tally;
  /** What the kernel counted in the pod's cgroup. */
  readonly byKernel: boolean;
  readonly restarts: number;
  readonly backMs: number;
}

async function killUnderLoad(engine: Engine, pods: Pods, front: Front, pod: Pod): Promise<Killed> {
  const texts = shopTexts().slice(0, 200);
  const headers = headersOf(pods.door(pod.slot));
  let isOver = false;
  const options = { socketPath: front.socketPath, clients: CLIENTS, pauseMs: PAUSE_MS, texts, headers };
  const load = runClients({ ...options, isOver: () => isOver });
  await delay(BEFORE_MS);
  const restartsOf = async (): Promise<number> => Number(await engine.field(pod.container, "{{.RestartCount}}"));
  const before = await restartsOf();
  const byKernel = await overfill(Number(await engine.field(pod.container, "{{.State.Pid}}")));
  const fromMs = performance.now();
  await untilReady(pods.door(pod.slot));
  const backMs = performance.now() - fromMs;
  await front.until(pod.slot, "UP");
  await delay(AFTER_MS);
  isOver = true;
  return { tally: await load, byKernel, restarts: (await restartsOf()) - before, backMs };
}

/**
 * Takes memory in the pod's cgroup until the kernel kills its daemon. With cgroup v2 Kubernetes has the kernel end all of a
 * container at once; so that v1 does the same it takes PID 1 first, before whoever fills the memory.
 *
 * @returns whether it was the kernel that killed it.
 */
async function overfill(pid: number): Promise<boolean> {
  const killsBefore = oomKills();
  const module = fileURLToPath(new URL("../memory/ballast-process.ts", import.meta.url));
  const filler = fork(module, [], { execArgv: ["--expose-gc"] });
  const gone = once(filler, "exit");
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, "1000");
    writeFileSync(`${memoryCgroupOf(pid)}/cgroup.procs`, String(filler.pid));
    for (let bytes = STEP_BYTES; isAlive(pid) && filler.connected; bytes += STEP_BYTES) {
      filler.send(bytes);
      await Promise.race([once(filler, "message"), gone, untilDead(pid)]);
    }
  } finally {
    filler.kill("SIGKILL");
    await gone;
  }
  return oomKills() > killsBefore;
}

function memoryCgroupOf(pid: number): string {
  const lines = readFileSync(`/proc/${pid}/cgroup`, "latin1").trim().split("\n");
  const [, v1] = /^\d+:memory:(.*)$/m.exec(lines.join("\n")) ?? [];
  if (v1 !== undefined) return `/sys/fs/cgroup/memory${v1}`;
  return `/sys/fs/cgroup${/^0::(.*)$/m.exec(lines.join("\n"))?.[1]}`;
}

/** Since the machine's start, in all cgroups. */
function oomKills(): number {
  return Number(/^oom_kill (\d+)$/m.exec(readFileSync("/proc/vmstat", "latin1"))?.[1]);
}

function isAlive(pid: number): boolean {
  try {
    // A zombie holds nothing any more.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "latin1"));
  } catch {
    return false;
  }
}

async function untilDead(pid: number): Promise<void> {
  while (isAlive(pid)) await delay(10);
}

function* deathOf({ byKernel, restarts, backMs }: Killed): Generator<Line> {
  yield exactly("killed by the kernel for memory", String(byKernel), "true");
  yield exactly("restarts by the pod's own policy", restarts, 1);
  const seconds = round(backMs / 1000);
  const target = `at most ${BACK_LIMIT_SECONDS}`;
  yield { what: "from the kill to 200 at /readyz, s", measured: seconds, target, pass: seconds <= BACK_LIMIT_SECONDS };
}

/** On a connection that has answered before HAProxy hands on a close as it is: its caller is to try again. */
function* toldClearly(tally: Tally): Generator<Line> {
  const closed = tally.failures.get("socket hang up") ?? 0;
  const others = [...tally.failures.keys()].filter((said) => said !== "socket hang up");
  yield {
    what: "with no other pod: what callers were told whom HAProxy's retries did not get through to it again",
    measured: failuresOf(tally) || "nothing failed",
    target: `503, but for the calls in the pod as it ended (at most ${CLIENTS}): these are closed`,
    pass: others.every((said) => said.startsWith("503")) && closed <= CLIENTS,
  };
  const longest = quantile(tally.latenciesMs, 1);
  const target = `at most ${TOLD_LIMIT_MS}`;
  yield { what: "the longest call, ms", measured: round(longest, 0), target, pass: longest <= TOLD_LIMIT_MS };
}

function failuresOf({ failures }: Tally): string {
  return [...failures].map(([said, times]) => `${times} × ${said.replaceAll(/\s+/g, " ")}`).join("; ");
}

function callsOf({ sent, latenciesMs }: Tally): string {
  return `${sent}, ${round(quantile(latenciesMs, 1), 0)}`;
}
