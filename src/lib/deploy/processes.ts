import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Holder } from "./facts.ts";
import { SERVICE } from "../unit-names.ts";
import { readJson } from "./files.ts";

const COMMAND_LENGTH = 120;
const LISTENING = "0A";

function pids(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function holderOf(pid: number): Holder {
  const command = argumentsOf(pid).join(" ").slice(0, COMMAND_LENGTH);
  const unit = /([^/\n]+\.service)(?:\/|$)/m.exec(textOf(`/proc/${pid}/cgroup`))?.[1] ?? null;
  return { pid, command, unit };
}

function argumentsOf(pid: number): string[] {
  return textOf(`/proc/${pid}/cmdline`).split("\0").filter(Boolean);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // ended by now, or not ours to look at
  }
}

/** Daemons of combot that systemd did not start as our unit. */
export function daemonsByHand(): Holder[] {
  return pids()
    .filter((pid) => isDaemon(argumentsOf(pid)))
    .map(holderOf)
    .filter(({ unit }) => unit !== SERVICE);
}

function isDaemon(args: readonly string[]): boolean {
  const script = args.slice(1).find((argument) => !argument.startsWith("-"));
  if (script === undefined || !/\/bin\/(daemon|run)\.js$/.test(script)) return false;
  if (script.endsWith("run.js") && !args.includes("daemon")) return false;
  const manifest = join(dirname(dirname(script)), "package.json");
  return existsSync(manifest) && (readJson(manifest) as { name?: string } | null)?.name === "combot";
}

/** Who listens on a TCP port of this machine; null where nobody does. */
export function portHolder(port: number): Holder | null {
  const sockets = listeningOn(port);
  if (sockets.length === 0) return null;
  const inodes = sockets.map(({ inode }) => `socket:[${inode}]`);
  const pid = pids().find((candidate) => holdsAny(candidate, inodes));
  return pid === undefined ? likelyHolder(sockets) : holderOf(pid);
}

function listeningOn(port: number): { readonly inode: string; readonly uid: number }[] {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const rows = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((path) => textOf(path).split("\n").slice(1));
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter((cells) => cells[1]?.endsWith(`:${hex}`) && cells[3] === LISTENING)
    .map((cells) => ({ inode: cells[9] ?? "", uid: Number(cells[7]) }));
}

/** Whose descriptors may not be looked at: a socket's user can be, and what that user runs, if it is one thing. */
function likelyHolder([socket]: readonly { readonly uid: number }[]): Holder {
  const theirs = socket ? pids().filter((pid) => ownerOf(pid) === socket.uid) : [];
  const holders = theirs.map(holderOf);
  const isOne = new Set(holders.map(({ unit, pid }) => unit ?? pid)).size === 1;
  return (isOne ? holders[0] : undefined) ?? { pid: 0, command: "a process of another user", unit: null };
}

function ownerOf(pid: number): number | undefined {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid;
}

function holdsAny(pid: number, inodes: readonly string[]): boolean {
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).some((fd) => inodes.includes(readlinkSync(join(folder, fd))));
  } catch {
    return false;
  }
}
