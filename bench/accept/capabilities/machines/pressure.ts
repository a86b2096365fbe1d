import { setTimeout as delay } from "node:timers/promises";
import type { Decision } from "../../../../src/lib/protocol/decisions.ts";
import type { MemoryReport } from "../../../../src/lib/protocol/memory.ts";
import type { VirtualMachine } from "../../../../test/support/vm/virtual-machine.ts";
import type { Line } from "../../record.ts";
import { round } from "../../statistics.ts";
import { deploy, equals, FIRST, forTheRecord, holds, property, serves, untilHealthy } from "./probes.ts";
import { inState, type Model, stageFor } from "./stage.ts";
import { installed } from "./walk.ts";

const UNIT = "combot-enhanced.service";
const MIB = 1024 ** 2;
const HOG = "/mnt/bench/accept/capabilities/machines/hog-process.ts";
const WANTED = "/run/hog-mib";
/** By how its command line begins: that of the shell which runs this has its name too. */
const END_HOG = "pkill -KILL -f '^node --expose-gc .*hog-process'";
const LEVELS = ["warning", "high", "critical", "emergency"] as const;
const SHARES = [0.82, 0.87, 0.92, 0.97];
const LEVEL_LIMIT_MS = 180_000;
/** Less than a worker has. */
const OVERDRAWN_MIB = 30;
const BACK_AT_MOST_S = 10;

/** Others take memory, in the unit's cgroup and outside of it, and the kernel kills. */
export async function* standsPressure(model: Model, say: (progress: string) => void): AsyncGenerator<Line> {
  const stage = await stageFor(model, say);
  await (await installed(stage)).remove();
  const deployFirst = async (machine: VirtualMachine): Promise<void> => {
    const { status, stderr } = await deploy(machine, ...FIRST);
    if (status !== 0) throw new Error(`the deploy failed: ${stderr}`);
  };
  const machine = await inState(stage, "deployed", deployFirst, stage.kept("installed"));
  try {
    await untilHealthy(machine);
    stage.say("a hog inside the unit's cgroup");
    yield* climbs(machine, "inside");
    stage.say("a hog outside");
    yield* climbs(machine, "outside");
    stage.say("the kernel kills a worker");
    yield* outlivesOom(machine);
    stage.say("MemoryMax is lowered");
    yield* seesLimit(machine);
    yield* serves(machine, "afterwards");
  } finally {
    await machine.remove();
  }
}

async function* climbs(machine: VirtualMachine, where: "inside" | "outside"): AsyncGenerator<Line> {
  const { guest } = machine;
  const since = (await guest.sh("date -u +%Y-%m-%dT%H:%M:%S.000Z")).trim();
  const group = `/sys/fs/cgroup${await property(machine, UNIT, "ControlGroup")}`;
  await guest.sh(`echo 0 >${WANTED}`);
  const enter = where === "inside" ? `echo $$ >${group}/cgroup.procs;` : "";
  await guest.sh(`setsid sh -c '${enter} exec node --expose-gc ${HOG} ${WANTED}' >/dev/null 2>&1 </dev/null & sleep 5`);
  const reached: string[] = [];
  let mib = 0;
  for (const index of LEVELS.keys()) {
    for (const until = performance.now() + LEVEL_LIMIT_MS; performance.now() < until; await delay(500)) {
      const report = await memoryOf(machine, group, where);
      if (LEVELS.indexOf(report.level as "high") >= index) {
        reached.push(report.level);
        break;
      }
      const gap = SHARES[index]! - report.usage;
      mib = Math.max(
        0,
        mib + Math.round((gap * (gap > 0.05 ? 0.5 : 0.3) * report.limitBytes) / MIB) + (gap > 0 ? 1 : 0),
      );
      await guest.sh(`echo ${mib} >${WANTED}`);
    }
  }
  yield equals(`a hog ${where}: levels as they were reached`, reached.join(" "), LEVELS.join(" "));
  const pid = await property(machine, UNIT, "MainPID");
  await guest.sh(`echo 0 >${WANTED}; sleep 2; ${END_HOG}`);
  const back = await untilHealthy(machine);
  yield forTheRecord(`a hog ${where}: healthy again after it left, s`, back);
  const decisions = await decisionsSince(machine, since);
  const levels = decisions.filter(({ action }) => action === "level").map(({ reason }) => reason);
  yield equals(
    `a hog ${where}: levels among the decisions, each first time`,
    [...new Set(levels)].slice(0, 4).join(" "),
    LEVELS.join(" "),
  );
  const actions = [...new Set(decisions.map(({ action }) => action).filter((action) => action !== "level"))];
  // Where nothing that combot could free would help, all but one worker end; else emergency takes them all.
  yield holds(`a hog ${where}: what was done`, actions.join(", "), /unload all.*restore|keep one/);
  yield equals(`a hog ${where}: the daemon went on`, await property(machine, UNIT, "MainPID"), pid);
  yield* serves(machine, `a hog ${where}, gone`);
}

/** What the daemon reads; as long as the machine is fuller than the cgroup, the cgroup as the kernel counts it. */
async function memoryOf(machine: VirtualMachine, group: string, where: string): Promise<MemoryReport> {
  const ask = "curl -s --max-time 30 --unix-socket /run/combot/control.sock http://combot/api/memory/";
  const report = JSON.parse(await machine.guest.sh(ask)) as MemoryReport;
  if (where === "outside" || report.source === "cgroup") return report;
  const limit = Number(await machine.guest.sh(`cat ${group}/memory.max`));
  return { ...report, limitBytes: limit, usage: await shareOf(machine, group) };
}

async function shareOf(machine: VirtualMachine, group: string): Promise<number> {
  const script = `awk '/^(active_file|inactive_file|slab_reclaimable) / {f += $2} END {print f}' ${group}/memory.stat; cat ${group}/memory.current ${group}/memory.max`;
  const [files = 0, current = 0, max = 1] = (await machine.guest.sh(script)).split("\n").map(Number);
  return (current - files) / max;
}

async function decisionsSince(machine: VirtualMachine, since: string): Promise<readonly Decision[]> {
  const { stdout } = await machine.guest.run(`combot decisions --json --limit 1000 --since ${since}`);
  return (JSON.parse(stdout) as { decisions: Decision[] }).decisions;
}

/** What takes the memory is not to be killed, so that the kernel takes a worker. */
async function* outlivesOom(machine: VirtualMachine): AsyncGenerator<Line> {
  const { guest } = machine;
  await guest.sh("combot classify 'is it open' 'where is it' >/dev/null");
  const since = await guest.sh("date -u +%Y-%m-%dT%H:%M:%S.000Z");
  const pid = await property(machine, UNIT, "MainPID");
  const group = `/sys/fs/cgroup${await property(machine, UNIT, "ControlGroup")}`;
  const killed = `awk '/^oom_kill / {print $2}' ${group}/memory.events`;
  const before = Number(await guest.sh(killed));
  const limit = Number(await guest.sh(`cat ${group}/memory.max`));
  // More than there is once the kernel has dropped all file pages.
  const mib = Math.round(((1 - (await shareOf(machine, group))) * limit) / MIB) + OVERDRAWN_MIB;
  // At once, before the ladder can act; as soon as somebody was killed it lets go.
  await guest.sh(`echo 0 >${WANTED}
    setsid sh -c 'echo $$ >${group}/cgroup.procs; echo -1000 >/proc/$$/oom_score_adj && exec node --expose-gc ${HOG} ${WANTED}' >/dev/null 2>&1 </dev/null &
    sleep 8
    echo ${mib} >${WANTED}
    for i in $(seq 600); do test "$(${killed})" -gt ${before} && break; sleep 0.1; done
    ${END_HOG} || echo 'the hog was gone'`);
  const deaths = await untilTold(machine, since);
  yield equals("OOM kill: processes that the kernel killed", Number(await guest.sh(killed)) - before > 0, true);
  yield holds(
    "OOM kill: what the decision says",
    deaths.map(({ reason, detail }) => `${reason}: ${detail}`).join("; "),
    /^oom: .*kernel/i,
  );
  const from = Date.parse(deaths[0]?.at ?? "");
  await untilHealthy(machine);
  const log = await guest.sh(`journalctl -u ${UNIT} -o cat --no-pager -n 400`);
  const slot = deaths[0]?.slot;
  const births = log
    .split("\n")
    .filter((line) => line.includes('"msg":"worker ready"'))
    .map((line) => JSON.parse(line) as { time: number | string; slot: number });
  const back = births
    .map(({ time, slot: of }) => ({ atMs: new Date(time).getTime(), of }))
    .find(({ atMs, of }) => of === slot && atMs >= from);
  const seconds = back ? round((back.atMs - from) / 1000, 1) : -1;
  yield {
    what: "OOM kill: the slot serves again after, s",
    measured: seconds,
    target: `at most ${BACK_AT_MOST_S}`,
    pass: seconds >= 0 && seconds <= BACK_AT_MOST_S,
  };
  yield equals("OOM kill: the daemon went on", await property(machine, UNIT, "MainPID"), pid);
  yield* serves(machine, "after an OOM kill");
}

async function untilTold(machine: VirtualMachine, since: string): Promise<readonly Decision[]> {
  for (const until = performance.now() + 60_000; performance.now() < until; await delay(1000)) {
    const deaths = (await decisionsSince(machine, since)).filter(({ action }) => action === "worker died");
    if (deaths.length > 0) return deaths;
  }
  return [];
}

/** At run time, as `systemctl set-property` does it: from the next reading on it counts. */
async function* seesLimit(machine: VirtualMachine): AsyncGenerator<Line> {
  const { guest } = machine;
  const group = `/sys/fs/cgroup${await property(machine, UNIT, "ControlGroup")}`;
  const max = Number(await guest.sh(`cat ${group}/memory.max`));
  const bytes = Math.round(((await shareOf(machine, group)) * max) / 0.7 / MIB) * MIB;
  await guest.sh(`systemctl set-property --runtime ${UNIT} MemoryMax=${bytes}`);
  await delay(5000);
  const report = await memoryOf(machine, group, "outside");
  yield equals(
    "MemoryMax lowered: the limit that the daemon reads",
    `${report.source} ${report.limitBytes}`,
    `cgroup ${bytes}`,
  );
  const { stdout } = await guest.run("combot doctor --json");
  yield holds(
    "MemoryMax lowered: what doctor says of the limits",
    /"limits"[^}]*/.exec(stdout)?.[0] ?? stdout.slice(0, 200),
    /limits/,
  );
  await guest.sh(`systemctl set-property --runtime ${UNIT} MemoryMax=${max}
    rm -r /run/systemd/system.control/${UNIT}.d; systemctl daemon-reload`);
}
