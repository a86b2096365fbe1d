import { existsSync, mkdirSync, readdirSync, readFileSync, statfsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, dirname, join } from "node:path";
import { parseEnvFile } from "../config/env-file.ts";
import { KIB } from "../units.ts";
import type { Facts, Holder, Manifest, Pending, RedisFound } from "./facts.ts";
import { linkTarget, nullFor, readJson, readState } from "./files.ts";
import { tryCommand, type Root } from "./machine.ts";
import { MANAGED_FILES, PATHS } from "./paths.ts";
import { ALL_UNITS, REDIS, SERVICE, SOCKET } from "../unit-names.ts";
import { daemonsByHand, portHolder } from "./processes.ts";
import { systemdVersion, unitStates } from "./systemd.ts";
import { tcpAddressOf } from "./tcp-address.ts";

/** In the order in which they are preferred; Amazon Linux names its Redis by the major version. */
const SERVERS = ["/usr/bin/valkey-server", "/usr/bin/redis-server", "/usr/bin/redis6-server"];

/** Looks at the machine; changes nothing and needs no root. */
export async function gatherFacts(root: Root, redisPort: number | null): Promise<Facts> {
  const manifest = readJson(root.at(PATHS.manifest)) as Manifest | null;
  const paths = new Set([...MANAGED_FILES, ...(manifest?.files.map(({ path }) => path) ?? [])]);
  const states = [...paths].map((path) => [path, readState(root.at(path))] as const);
  const found = states.flatMap(([path, state]) =>
    state ? [[path, root.isMachine ? state : { ...state, owner: "*" }] as const] : [],
  );
  const current = linkTarget(root.at(PATHS.current));
  const files = Object.fromEntries(found);
  const units = root.isMachine ? await unitStates(ALL_UNITS) : {};
  return {
    distribution: readDistribution(),
    systemdVersion: existsSync("/run/systemd/system") ? await systemdVersion() : null,
    cgroupVersion: existsSync("/sys/fs/cgroup/cgroup.controllers") ? 2 : 1,
    machine: readMachine(),
    nodeVersion: process.versions.node,
    isRoot: process.geteuid?.() === 0,
    redis: await findRedis(),
    portHolder: redisPort ? redisPortHolder(redisPort, units) : null,
    listenHolder: root.isMachine ? listenHolder(files) : null,
    byHand: root.isMachine ? daemonsByHand() : [],
    files,
    units,
    currentRelease: current === null ? null : basename(current),
    installedReleases: listFolder(root.at(PATHS.releases)).filter((name) => !name.startsWith(".")),
    manifest,
    pending: readJson(root.at(PATHS.pending)) as Pending | null,
    freeBytes: freeBytesAt(root.at(PATHS.program)),
  };
}

/** Who is not our Redis. Only root is told who it is; a Redis of ours that runs is taken for it. */
function redisPortHolder(port: number, units: Facts["units"]): Holder | null {
  const holder = portHolder(port);
  const isOurs = holder?.unit === REDIS || (holder?.pid === 0 && units[REDIS]?.active === "active");
  return isOurs ? null : holder;
}

/** Who is neither our daemon nor systemd, which holds the socket for it. */
function listenHolder(files: Facts["files"]): Holder | null {
  const tcp = tcpAddressOf(parseEnvFile(files[PATHS.env]?.content ?? "").entries);
  const holder = tcp && portHolder(tcp.port);
  const unit = files[join(PATHS.units, SOCKET)]?.content ?? "";
  const isSystemds = holder?.pid === 1 && tcp?.stream != null && unit.includes(`ListenStream=${tcp.stream}\n`);
  return holder?.unit === SERVICE || isSystemds ? null : holder;
}

export function listFolder(path: string): string[] {
  return nullFor(["EACCES"], () => readdirSync(path)) ?? [];
}

function readDistribution(): Facts["distribution"] {
  const path = ["/etc/os-release", "/usr/lib/os-release"].find((candidate) => existsSync(candidate));
  const { entries } = parseEnvFile(path === undefined ? "" : readFileSync(path, "utf8"));
  const value = (wanted: string): string => entries.find(({ name }) => name === wanted)?.value ?? "";
  return { id: value("ID"), version: value("VERSION_ID"), name: value("PRETTY_NAME") };
}

/** The machine's, not the shell's cgroup's: the units get limits of their own. */
function readMachine(): Facts["machine"] {
  const text = readFileSync("/proc/meminfo", "utf8");
  const bytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0) * KIB;
  return { cores: availableParallelism(), memoryBytes: bytes("MemTotal"), swapBytes: bytes("SwapTotal") };
}

async function findRedis(): Promise<RedisFound | null> {
  for (const binary of SERVERS.filter((path) => existsSync(path))) {
    const { output } = await tryCommand(binary, ["--version"]);
    const version = /\bv=(\d+\.\d+\.\d+)/.exec(output)?.[1];
    if (version !== undefined) return { kind: binary.includes("valkey") ? "valkey" : "redis", binary, version };
  }
  return null;
}

/** Of the file system that the folder is on, or will be. */
function freeBytesAt(folder: string): number {
  if (folder !== "/" && !existsSync(folder)) return freeBytesAt(dirname(folder));
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

export function makeFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o755 });
}
