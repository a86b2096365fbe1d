import type { DeployedMachine } from "../../../../test/support/deploy/deployed-machine.ts";
import type { Line } from "../../record.ts";
import { equals, mainPid, onMachine, UNIT } from "./on-machine.ts";

const EXPOSURE = 1.5;

/** Commands of the program that each take another part of it: worker processes, mapped weights, SQLite, Redis. */
const WORKS: readonly (readonly [what: string, command: readonly string[]])[] = [
  ["classify", ["classify", "where is my parcel"]],
  ["recycle", ["recycle", "--wait"]],
  ["unload", ["model", "unload"]],
  ["load", ["model", "load"]],
  ["switch of the model", ["model", "use", "/srv/other-model"]],
  ["cleanup", ["cleanup", "--level", "force", "--yes"]],
  ["decisions, from SQLite", ["decisions"]],
  ["configuration", ["config"]],
  ["status", ["status"]],
];

/** Limits as the kernel has them, the sandbox as systemd judges it, and the program at work inside. */
export async function* isHardened(): AsyncGenerator<Line> {
  yield* onMachine(true, async function* (it) {
    yield* limits(it);
    yield* exposure(it);
    yield* works(it);
  });
}

async function* limits(it: DeployedMachine): AsyncGenerator<Line> {
  const group = await it.machine.property(UNIT, "ControlGroup");
  const read = async (v1: string, v2: string): Promise<string> => {
    const paths = `/sys/fs/cgroup/${v1.split("/")[0]}${group}/${v1.split("/")[1]} /sys/fs/cgroup${group}/${v2}`;
    return (await it.machine.sh("sh", "-c", `cat ${paths} 2>/dev/null; true`)).split("\n")[0] ?? "";
  };
  const files = await it.machine.sh("cat", `/proc/${await mainPid(it)}/limits`);
  const limit = (name: string): string => new RegExp(`^${name}\\s+(\\d+)`, "m").exec(files)?.[1] ?? "";
  const memoryMax = /^MemoryMax=(\d+)M$/m.exec(it.machine.read(`/etc/systemd/system/${UNIT}`))?.[1];
  yield equals(
    "the kernel's limit of memory, bytes",
    Number(await read("memory/memory.limit_in_bytes", "memory.max")),
    Number(memoryMax) * 2 ** 20,
  );
  yield equals("of processes and threads", await read("pids/pids.max", "pids.max"), "256");
  const weight = await read("cpu/cpu.shares", "cpu.weight");
  yield {
    what: "CPU weight (100, which is 1024 shares)",
    measured: weight,
    target: "100 or 1024",
    pass: ["100", "1024"].includes(weight),
  };
  yield equals("of open files", limit("Max open files"), "16384");
  yield equals("of a core dump's bytes", limit("Max core file size"), "0");
}

async function* exposure(it: DeployedMachine): AsyncGenerator<Line> {
  for (const unit of [UNIT, "combot-redis.service"]) {
    const report = await it.machine.sh("systemd-analyze", "security", "--no-pager", unit);
    const measured = Number(/exposure level for \S+: ([\d.]+)/.exec(report)?.[1] ?? NaN);
    yield { what: `exposure of ${unit}`, measured, target: `at most ${EXPOSURE}`, pass: measured <= EXPOSURE };
  }
}

async function* works(it: DeployedMachine): AsyncGenerator<Line> {
  await it.machine.sh("cp", "-r", `${it.program}/models/shop-intents`, "/srv/other-model");
  for (const [what, command] of WORKS) {
    const { status, stderr } = await it.combot(...command);
    yield equals(`under the sandbox: ${what}`, status === 0 ? 0 : `${status}: ${stderr.trim().slice(0, 200)}`, 0);
  }
  const report = JSON.parse((await it.combot("status", "--json")).stdout) as {
    health: { checks: Record<string, { status: string }> };
  };
  const checks = Object.entries(report.health.checks).map(([name, { status }]) => `${name} ${status}`);
  yield equals("health afterwards", checks.join(", "), "model ok, redis ok, database ok, memory ok");
}
