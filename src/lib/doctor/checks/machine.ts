import { readdir, statfs } from "node:fs/promises";
import { existsSync } from "node:fs";
import { gatherMachineFacts } from "../../machine-facts/gather.ts";
import { machineDetails, machineInALine } from "../../machine-facts/words.ts";
import { formatBytes } from "../../units.ts";
import { type Check, fail, type Finding, ok, warn } from "../check.ts";
import type { Probe } from "../probe.ts";
import { SPEED_CHECK } from "./speed.ts";

const LARGEST = 10;
/** On a machine that is starved the other checks say what somebody has to know. */
const FACTS_LIMIT_MS = 3000;
/** Where the levels of the memory ladder begin by default. */
const WARNING = 0.8;
const EMERGENCY = 0.95;
/** Percent of the last 10 s in which something waited for memory. */
const STALLED = 10;
const STATE_DIR = "/var/lib/combot";
const DISK_TIGHT_BYTES = 2 * 2 ** 30;
const DISK_FULL_BYTES = 256 * 2 ** 20;

async function memory(probe: Probe): Promise<Finding> {
  const info = await readMeminfo(probe);
  const total = info("MemTotal");
  const usage = 1 - info("MemAvailable") / total;
  const swap = info("SwapTotal");
  const swapped = swap === 0 ? "no swap" : `${formatBytes(swap - info("SwapFree"))} of ${formatBytes(swap)} swap used`;
  const found = `${Math.round(usage * 100)}% of ${formatBytes(total)} used, ${swapped}`;
  const largest = await largestProcesses(probe);
  if (usage >= EMERGENCY) return fail(found, "combot cleanup --level emergency --yes", largest);
  return usage >= WARNING ? warn(found, "combot cleanup --level force --yes", largest) : ok(found, largest);
}

async function readMeminfo(probe: Probe): Promise<(name: string) => number> {
  const text = (await probe.read("/proc/meminfo")) ?? "";
  return (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1] ?? 0) * 1024;
}

async function largestProcesses(probe: Probe): Promise<readonly string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const all = await Promise.all(pids.map((pid) => residentOf(probe, pid)));
  const largest = all.toSorted((a, b) => b.bytes - a.bytes).slice(0, LARGEST);
  return largest.map(({ pid, name, bytes }) => `${formatBytes(bytes)} ${name} (pid ${pid})`);
}

/** 0 where it has ended meanwhile. */
async function residentOf(probe: Probe, pid: string): Promise<{ pid: string; name: string; bytes: number }> {
  const status = (await probe.read(`/proc/${pid}/status`)) ?? "";
  const field = (name: string): string => new RegExp(`^${name}:\\s+(.*)$`, "m").exec(status)?.[1] ?? "";
  return { pid, name: field("Name"), bytes: parseInt(field("VmRSS") || "0", 10) * 1024 };
}

async function pressure(probe: Probe): Promise<Finding> {
  const text = await probe.read("/proc/pressure/memory");
  const some = Number(/^some avg10=([\d.]+)/m.exec(text ?? "")?.[1] ?? NaN);
  if (Number.isNaN(some)) return ok("the kernel does not count stalls");
  const found = `${some}% of the last 10 s waited for memory`;
  return some >= STALLED ? warn(found, "combot cleanup --level force --yes") : ok(found);
}

async function disk(): Promise<Finding> {
  const path = existsSync(STATE_DIR) ? STATE_DIR : "/";
  const { bavail, bsize } = await statfs(path);
  const free = bavail * bsize;
  const found = `${formatBytes(free)} free at ${path}`;
  const command = "journalctl --vacuum-size=200M";
  if (free < DISK_FULL_BYTES) return fail(found, command);
  return free < DISK_TIGHT_BYTES ? warn(found, command) : ok(found);
}

async function machine(): Promise<Finding> {
  const facts = await gatherMachineFacts(FACTS_LIMIT_MS);
  return ok(machineInALine(facts), machineDetails(facts));
}

async function clock(probe: Probe): Promise<Finding> {
  const { status, stdout } = await probe.run("timedatectl", ["show", "--property=NTPSynchronized,NTP"]);
  if (status !== 0) return ok("nothing here tells whether the clock is synchronised");
  if (stdout.includes("NTPSynchronized=yes")) return ok("synchronised");
  return warn("the clock is not synchronised", "timedatectl set-ntp true");
}

export const MACHINE_CHECKS: readonly Check[] = [
  {
    name: "machine",
    meaning:
      "What the machine is: model or instance type, CPU and its caches, memory, distribution; under --json also memory banks, disks, file systems and Docker. It is never wrong, and the first thing that somebody who helps asks for.",
    cause: "What is not known is left out: some of it takes root, and dmidecode.",
    run: machine,
  },
  {
    name: "memory",
    meaning:
      "Memory in use, page cache not counted, with swap and the ten largest processes. From 80% combot gives memory back by itself; from 95% it refuses what is not cached.",
    cause: "Another program has grown, or WORKERS or the model is too large for the machine.",
    run: memory,
  },
  {
    name: "pressure",
    meaning: "How long programs waited for memory in the last ten seconds, as the kernel counts it.",
    cause: "Memory is so short that the kernel drops pages which are needed again at once.",
    run: pressure,
  },
  {
    name: "disk",
    meaning: "Free space where the journal, backups and prepared weights lie.",
    cause: "Logs, backups or another program's files. A model's prepared weights take as much as the model.",
    run: disk,
  },
  {
    name: "clock",
    meaning: "Whether the clock is synchronised: times in the journal and lifetimes in Redis depend on it.",
    cause: "No time service runs.",
    run: clock,
  },
  SPEED_CHECK,
];
