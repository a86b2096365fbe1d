import { type Check, fail, type Finding, ok, warn } from "../check.ts";
import { LASTING_UNITS, SERVICE } from "../../unit-names.ts";
import { forgetFailures, type Probe, type UnitProperties } from "../probe.ts";

const NOT_DEPLOYED = "no unit of combot on this machine";
const UNLIMITED = "infinity";

/** Those that systemd has. */
async function loaded(probe: Probe): Promise<readonly (readonly [string, UnitProperties])[]> {
  const all = await Promise.all(LASTING_UNITS.map(async (name) => [name, await probe.unit(name)] as const));
  return all.flatMap(([name, unit]) => (unit ? [[name, unit] as const] : []));
}

async function running(probe: Probe): Promise<Finding> {
  const units = await loaded(probe);
  if (units.length === 0) return ok(NOT_DEPLOYED);
  const down = units.filter(([, unit]) => unit["ActiveState"] !== "active");
  if (down.length === 0) return ok(units.map(([name]) => name).join(", "));
  const names = down.map(([name]) => name);
  const found = down.map(([name, unit]) => `${name} is ${unit["ActiveState"]} (${unit["Result"]})`).join("; ");
  const details = await lastWords(probe, down[0]?.[0] ?? SERVICE);
  return fail(found, `${await forgetFailures(probe, names)}systemctl start ${names.join(" ")}`, details);
}

/** The last lines of a unit's log, which say why it went. */
async function lastWords(probe: Probe, unit: string): Promise<readonly string[]> {
  const { stdout } = await probe.run("journalctl", ["--unit", unit, "--lines=3", "--output=cat", "--no-pager"]);
  return stdout.trim().split("\n").filter(Boolean);
}

async function enabled(probe: Probe): Promise<Finding> {
  const units = await loaded(probe);
  if (units.length === 0) return ok(NOT_DEPLOYED);
  const disabled = units.filter(([, unit]) => unit["UnitFileState"] === "disabled").map(([name]) => name);
  if (disabled.length === 0) return ok("started at boot");
  return warn(`not started at boot: ${disabled.join(", ")}`, `systemctl enable ${disabled.join(" ")}`);
}

async function restarts(probe: Probe): Promise<Finding> {
  const unit = await probe.unit(SERVICE);
  if (!unit) return ok(NOT_DEPLOYED);
  const count = Number(unit["NRestarts"] ?? 0);
  if (count === 0) return ok("none since it was started");
  const { stdout } = await probe.run("journalctl", [
    "-u",
    SERVICE,
    "--grep=exited|killed|watchdog|oom",
    "-n",
    "3",
    "-o",
    "cat",
    "--no-pager",
  ]);
  const details = stdout.trim().split("\n").filter(Boolean);
  return warn(`restarted ${count} times by systemd`, `systemctl reset-failed ${SERVICE}`, details);
}

async function definition(probe: Probe): Promise<Finding> {
  const units = await loaded(probe);
  const stale = units.filter(([, unit]) => unit["NeedDaemonReload"] === "yes").map(([name]) => name);
  if (stale.length > 0)
    return warn(`changed on disk and not read since: ${stale.join(", ")}`, "systemctl daemon-reload");
  const pending = /restart for ([A-Z0-9_ ]+)/.exec((await probe.unit(SERVICE))?.["StatusText"] ?? "")?.[1];
  if (pending) return warn(`settings that wait for a restart: ${pending}`, `systemctl restart ${SERVICE}`);
  return ok(units.length === 0 ? NOT_DEPLOYED : "as on disk");
}

async function memoryHigh(probe: Probe): Promise<Finding> {
  const unit = await probe.unit(SERVICE);
  if (!unit) return ok(NOT_DEPLOYED);
  const high = unit["MemoryHigh"] ?? UNLIMITED;
  const swap = Number(/^SwapTotal:\s+(\d+)/m.exec((await probe.read("/proc/meminfo")) ?? "")?.[1] ?? 0);
  if (high === UNLIMITED || swap > 0) return ok(high === UNLIMITED ? "not set" : `${high} bytes, with swap`);
  const found = `MemoryHigh=${high} on a machine without swap: at that size it is slowed down until nobody is answered`;
  return fail(found, `systemctl set-property ${SERVICE} MemoryHigh=infinity`);
}

async function limits(probe: Probe): Promise<Finding> {
  const unit = await probe.unit(SERVICE);
  if (!unit) return ok(NOT_DEPLOYED);
  const { MemoryMax: memory = UNLIMITED, TasksMax: tasks, LimitNOFILE: files, CPUWeight: weight } = unit;
  if (memory === UNLIMITED) {
    const total = Number(/^MemTotal:\s+(\d+)/m.exec((await probe.read("/proc/meminfo")) ?? "")?.[1] ?? 0);
    const mib = Math.floor((total / 1024) * 0.5);
    return warn("no MemoryMax: nothing bounds the service", `systemctl set-property ${SERVICE} MemoryMax=${mib}M`);
  }
  const inForce = unit["ActiveState"] === "active" ? await kernelLimit(probe, unit["ControlGroup"] ?? "") : undefined;
  if (inForce !== undefined && Math.abs(inForce - Number(memory)) > 4096)
    return fail(`MemoryMax is ${memory}, the kernel has ${inForce}`, `systemctl restart ${SERVICE}`);
  return ok(`memory ${memory} bytes, tasks ${tasks}, open files ${files}, CPU weight ${weight}`);
}

/** In bytes, from the cgroup itself, v2 or v1; undefined where it can't be read. */
async function kernelLimit(probe: Probe, cgroup: string): Promise<number | undefined> {
  const v2 = await probe.read(`/sys/fs/cgroup${cgroup}/memory.max`);
  const text = v2 ?? (await probe.read(`/sys/fs/cgroup/memory${cgroup}/memory.limit_in_bytes`));
  const value = text === undefined ? NaN : Number(text.trim());
  return Number.isNaN(value) ? undefined : value;
}

export const UNIT_CHECKS: readonly Check[] = [
  {
    name: "units-running",
    meaning:
      "Whether systemd runs the daemon, its sockets, its Redis and the timers; if not, the last lines they logged.",
    cause: "Stopped by hand; or failed, after five starts in five minutes for good.",
    run: running,
  },
  {
    name: "units-enabled",
    meaning: "Whether they start at boot.",
    cause: "systemctl disable.",
    run: enabled,
  },
  {
    name: "restarts",
    meaning: "How often systemd had to start the daemon again, and the reason it gives for the last time.",
    cause:
      "A crash, the watchdog, or the kernel for want of memory. The command clears the count, once the reason is known.",
    run: restarts,
  },
  {
    name: "units-current",
    meaning: "Whether what runs is what is configured: units as on disk, no setting that waits for a restart.",
    cause: "A unit was edited without daemon-reload, or a reload met a setting that takes a restart.",
    run: definition,
  },
  {
    name: "memory-high",
    meaning: "MemoryHigh= without swap slows a service down for ever instead of ending it.",
    cause: "A drop-in of your own; combot deploy writes none.",
    run: memoryHigh,
  },
  {
    name: "limits",
    meaning: "The limits in force, read from the kernel's cgroup.",
    cause: "A drop-in took the limit away, or it was changed under the running service.",
    run: limits,
  },
];
