import { readdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { callSocket } from "../../../../scripts/support/socket-request.ts";
import type { ProcessStatus } from "../../../../src/lib/protocol/process.ts";
import type { DeployedMachine } from "../../../../test/support/deploy/deployed-machine.ts";
import { runClients } from "../../clients.ts";
import type { Line } from "../../record.ts";
import { round } from "../../statistics.ts";
import { shopTexts } from "../shop-texts.ts";
import { equals, loadMs, mainPid, onMachine, socketsOf, UNIT, untilHealthy, untilServing } from "./on-machine.ts";

const KILLS = 3;
const WATCHDOG_MS = 30_000;
const SPARE_MS = 5000;

/** Has a process evaluate an expression that never ends, through the inspector that Node opens on SIGUSR1. */
const EVALUATE = `
process.kill(Number(process.argv[1]), "SIGUSR1");
const target = async () => {
  for (;;) {
    const list = await fetch("http://127.0.0.1:9229/json").then((reply) => reply.json()).catch(() => undefined);
    if (list) return list[0].webSocketDebuggerUrl;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
const socket = new WebSocket(await target());
socket.onopen = () => {
  socket.send(JSON.stringify({ id: 1, method: "Runtime.evaluate", params: { expression: process.argv[2] } }));
  setTimeout(() => process.exit(), 200);
};`;

/** The daemon killed, hung, and short of memory. */
export async function* survivesCrashes(say: (progress: string) => void): AsyncGenerator<Line> {
  yield* onMachine(true, async function* (it) {
    yield* killed(it, say);
    say("the event loop hangs until the watchdog's time is up");
    yield* hung(it);
    say("a worker grows over the unit's limit");
    yield* outOfMemory(it);
  });
}

async function workersOf(it: DeployedMachine): Promise<ProcessStatus["workers"]> {
  const reply = await callSocket({ socketPath: socketsOf(it).control, path: "/api/process/status/" });
  return (JSON.parse(reply.text) as ProcessStatus).workers;
}

/** Of these processes, those that are still there. */
async function stillThere(it: DeployedMachine, pids: readonly (number | null)[]): Promise<number> {
  const alive = await Promise.all(pids.map((pid) => it.machine.run(["kill", "-0", String(pid)])));
  return alive.filter(({ status }) => status === 0).length;
}

async function evaluate(it: DeployedMachine, pid: string, expression: string): Promise<void> {
  await it.machine.run([process.execPath, "--input-type=module", "-e", EVALUATE, pid, expression]);
}

async function* killed(it: DeployedMachine, say: (progress: string) => void): AsyncGenerator<Line> {
  const tookMs: number[] = [];
  let orphans = 0;
  for (let count = 0; count < KILLS; count++) {
    await untilHealthy(it);
    const [pid, workers] = [await mainPid(it), await workersOf(it)];
    await it.machine.sh("kill", "-KILL", pid);
    tookMs.push(await untilServing(it, pid));
    orphans += await stillThere(
      it,
      workers.map((worker) => worker.pid),
    );
    say(`killed ${count + 1} times: ${Math.round(tookMs.at(-1) ?? 0)} ms`);
  }
  const limitMs = SPARE_MS + (await loadMs(it));
  const worst = round(Math.max(...tookMs) / 1000, 1);
  yield {
    what: `daemon killed with SIGKILL ${KILLS} times: the next text is answered after, at worst, s`,
    measured: worst,
    target: `under 5 and the model's load: ${round(limitMs / 1000, 1)}`,
    pass: worst * 1000 < limitMs,
  };
  yield equals("workers that outlived their daemon", orphans, 0);
  const sockets = readdirSync(it.machine.path("/run/combot")).toSorted().join(" ");
  yield equals("files in the sockets' folder", sockets, "combot.sock control.sock");
  yield equals("restarts that systemd counts", await it.machine.property(UNIT, "NRestarts"), String(KILLS));
}

async function* hung(it: DeployedMachine): AsyncGenerator<Line> {
  await untilHealthy(it);
  await it.machine.run(["systemctl", "reset-failed", UNIT]);
  const [pid, workers] = [await mainPid(it), await workersOf(it)];
  await evaluate(it, pid, "for (;;);");
  const tookMs = await untilServing(it, pid);
  const limitMs = WATCHDOG_MS + SPARE_MS + (await loadMs(it));
  yield {
    what: "a hung event loop: the next text is answered after, s",
    measured: round(tookMs / 1000, 1),
    target: `within the watchdog's 30, 5 and the model's load: ${round(limitMs / 1000, 1)}`,
    pass: tookMs <= limitMs,
  };
  const said = (await it.machine.journal(UNIT)).includes("Watchdog timeout");
  yield equals("it was the watchdog", said, true);
  yield equals(
    "workers that outlived the hung daemon",
    await stillThere(
      it,
      workers.map((worker) => worker.pid),
    ),
    0,
  );
}

/** The limit is lowered, and one worker grows over it within a second: before the governor can see it coming. */
async function* outOfMemory(it: DeployedMachine): AsyncGenerator<Line> {
  await untilHealthy(it);
  const [pid, before] = [await mainPid(it), await workersOf(it)];
  await it.machine.sh("systemctl", "set-property", "--runtime", UNIT, `MemoryMax=${await heldBytes(it)}`);
  let isOver = false;
  const load = runClients({ socketPath: socketsOf(it).user, clients: 20, texts: shopTexts(), isOver: () => isOver });
  await evaluate(it, String(before[0]?.pid), "for (const all = [];;) all.push(Buffer.alloc(2 ** 24, 1));");
  const kills = await untilKilled(it);
  isOver = true;
  await it.machine.sh("systemctl", "set-property", "--runtime", UNIT, "MemoryMax=2G");
  const { sent, ok, failures } = await load;
  const died = before.filter((worker) => worker.pid !== null);
  const gone =
    died.length -
    (await stillThere(
      it,
      died.map((worker) => worker.pid),
    ));
  yield {
    what: "workers that the kernel killed at the unit's limit",
    measured: kills,
    target: "at least 1",
    pass: kills >= 1 && gone >= 1,
  };
  yield equals("the daemon is the same process", (await mainPid(it)) === pid, true);
  yield equals("calls sent meanwhile and not answered", sent - ok, 0);
  for (const [failure, count] of failures)
    yield { what: `failed: ${failure}`, measured: count, target: "0", pass: false };
  await untilHealthy(it);
  yield equals(
    "workers afterwards",
    (await workersOf(it)).filter(({ state }) => state === "ready" || state === "busy").length,
    before.length,
  );
}

/** What can't be dropped, the kernel's own part included, and room for half as much again. */
async function heldBytes(it: DeployedMachine): Promise<number> {
  const group = await it.machine.property(UNIT, "ControlGroup");
  const read = (v1: string, v2: string): Promise<string> =>
    it.machine.sh("sh", "-c", `cat /sys/fs/cgroup/memory${group}/${v1} /sys/fs/cgroup${group}/${v2} 2>/dev/null; true`);
  const [used, stat] = [
    await read("memory.usage_in_bytes", "memory.current"),
    await read("memory.stat", "memory.stat"),
  ];
  // On v1 the figures of the whole tree are the ones that begin with total_, and come last.
  const field = (name: string): number =>
    Number(
      new RegExp(`^total_${name} (\\d+)$`, "m").exec(stat)?.[1] ??
        new RegExp(`^${name} (\\d+)$`, "m").exec(stat)?.[1] ??
        0,
    );
  return Math.round(1.5 * (Number.parseInt(used, 10) - field("active_file") - field("inactive_file")));
}

async function untilKilled(it: DeployedMachine): Promise<number> {
  const count = async (): Promise<number> => (await it.machine.journal(UNIT)).split('"reason":"oom"').length - 1;
  for (const limit = performance.now() + 60_000; performance.now() < limit; await delay(200)) {
    const kills = await count();
    if (kills > 0) return kills;
  }
  return 0;
}
