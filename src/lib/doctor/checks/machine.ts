import { readdir, statfs } from "node:fs/promises";
import { existsSync } from "node:fs";
import { basename } from "node:path";
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
  const [status = "", command = ""] = await Promise.all([
    probe.read(`/proc/${pid}/status`),
    probe.read(`/proc/${pid}/cmdline`),
  ]);
  const field = (name: string): string => new RegExp(`^${name}:\\s+(.*)$`, "m").exec(status)?.[1] ?? "";
  return { pid, name: processName(field("Name"), command), bytes: parseInt(field("VmRSS") || "0", 10) * 1024 };
}

/** Programs that run others' files: the file says more. */
const RUNNERS = /^(node|python[\d.]*|ruby|perl|java|bash|sh|MainThread)$/;
const NAME_LENGTH = 60;

/**
 * What people know a process by: the title that it gave itself, or its program, with the file that a runner runs. The
 * kernel's own name is cut to 15 characters, and Node's is that of a thread.
 *
 * @param cmdline words that NUL ends, as in /proc/<pid>/cmdline; empty for threads of the kernel.
 */
export function processName(kernelName: string, cmdline: string): string {
  const [program = "", ...words] = cmdline.split("\0").filter(Boolean);
  if (program === "") return kernelName;
  // A title has blanks where a program's path has none, and no words behind it.
  if (words.length === 0 && !program.startsWith("/")) return program.trim().slice(0, NAME_LENGTH);
  const name = basename(program);
  const file = RUNNERS.test(name) ? words.find((word) => !word.startsWith("-")) : undefined;
  return (file === undefined ? name : `${name} ${basename(file)}`).slice(0, NAME_LENGTH);
}

async function pressure(probe: Probe): Promise<Finding> {
  const text = await probe.read("/proc/pressure/memory");
  const some = Number(/^some avg10=([\d.]+)/m.exec(text ?? "")?.[1] ?? NaN);
  if (Number.isNaN(some)) return warn("not known: the kernel does not count stalls", "cat /proc/pressure/memory");
  const found = `${some}% of the last 10 s waited for memory`;
  return some >= STALLED ? warn(found, "combot cleanup --level force --yes") : ok(found);
}

async function disk(): Promise<Finding> {
  const path = existsSync(STATE_DIR) ? STATE_DIR : "/";
  const { blocks, bfree, bavail, bsize } = await statfs(path);
  const free = bavail * bsize;
  const used = blocks - bfree;
  // As df has it: what is kept for root is neither used nor to be had, and a started percent counts.
  const found = `${formatBytes(free)} free at ${path}, ${Math.ceil((used / Math.max(1, used + bavail)) * 100)}% used`;
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
  if (status !== 0) return warn("not known: timedatectl gives no answer", "timedatectl status");
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
