import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { parseEnvFile } from "../config/env-file.ts";
import { KIB } from "../units.ts";
import { commandAsRoot } from "./as-root.ts";
import { PACKAGED_UNITS, SERVER_BINARIES } from "./distributions.ts";
import type { Facts, Holder, Manifest, Pending, RedisFound, Selinux, Shell } from "./facts.ts";
import { isDenied, linkTarget, nullFor, readJson, readState } from "./files.ts";
import { readFolders } from "./folders.ts";
import { tryCommand, type Root } from "./machine.ts";
import { findNodeLibrary } from "./node-library.ts";
import { MANAGED_FILES, PATHS } from "./paths.ts";
import { readPlaces } from "./places.ts";
import { SHARED_FILES } from "./shared-files.ts";
import { ALIAS, ALL_UNITS, REDIS, SERVICE, SOCKET } from "../unit-names.ts";
import { daemonsByHand, portHolder } from "./processes.ts";
import { systemdVersion, unitStates } from "./systemd.ts";
import { tcpAddressOf } from "./tcp-address.ts";

/** Looks at the machine; changes nothing and needs no root. */
export async function gatherFacts(root: Root, redisPort: number | null): Promise<Facts> {
  const manifest = readJson(root.at(PATHS.manifest)) as Manifest | null;
  const paths = new Set([...MANAGED_FILES, ...SHARED_FILES, ...(manifest?.files.map(({ path }) => path) ?? [])]);
  const states = [...paths].map((path) => [path, readState(root.at(path))] as const);
  const found = states.flatMap(([path, state]) =>
    state ? [[path, root.isMachine ? state : { ...state, owner: "*" }] as const] : [],
  );
  const unreadable = [...states, [PATHS.manifest, readState(root.at(PATHS.manifest))] as const]
    .filter(([path, state]) => state !== null && isDenied(root.at(path), state))
    .map(([path]) => path);
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
    packaged: root.isMachine ? await unitStates(PACKAGED_UNITS) : {},
    unreadable,
    currentRelease: current === null ? null : basename(current),
    installedReleases: listFolder(root.at(PATHS.releases)).filter((name) => !name.startsWith(".")),
    manifest,
    pending: readJson(root.at(PATHS.pending)) as Pending | null,
    places: readPlaces(root),
    folders: root.isMachine ? readFolders() : {},
    selinux: readSelinux(),
    unfinishedPackages: root.isMachine ? await unfinishedPackages() : [],
    oldAlias: root.isMachine ? oldAlias() : null,
    shells: SHELLS.filter(([, program]) => existsSync(root.at(program))).map(([shell]) => shell),
    nodeLibrary: findNodeLibrary()?.name ?? null,
    journalBytes: sizeOf(root.at(PATHS.journal)) + sizeOf(root.at(`${PATHS.journal}-wal`)),
    asRoot: commandAsRoot(),
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
  for (const binary of SERVER_BINARIES.filter((path) => existsSync(path))) {
    const { output } = await tryCommand(binary, ["--version"]);
    const version = /\bv=(\d+\.\d+\.\d+)/.exec(output)?.[1];
    // A redis-server may be Valkey under its old name.
    if (version !== undefined)
      return { kind: /valkey/i.test(`${binary} ${output}`) ? "valkey" : "redis", binary, version };
  }
  return null;
}

/** By what each of them brings. */
const SHELLS: readonly (readonly [Shell, program: string])[] = [
  ["bash", "/usr/share/bash-completion"],
  ["zsh", "/usr/bin/zsh"],
  ["fish", "/usr/bin/fish"],
];

function readSelinux(): Selinux {
  const enforced = nullFor(["EACCES"], () => readFileSync("/sys/fs/selinux/enforce", "latin1").trim());
  const canLabel = ["/usr/sbin/restorecon", "/sbin/restorecon"].some((path) => existsSync(path));
  return { mode: enforced === null ? "off" : enforced === "1" ? "enforcing" : "permissive", canLabel };
}

/** dpkg-query(1): the second letter is the state; those between "not installed" and "installed" are listed. */
async function unfinishedPackages(): Promise<readonly string[]> {
  if (!existsSync("/usr/bin/dpkg-query")) return [];
  const { output } = await tryCommand("dpkg-query", ["-W", "-f", "${db:Status-Abbrev}\t${Package}\n"]);
  return output.split("\n").flatMap((row) => /^.[UFHWt].?\t(\S+)/.exec(row)?.[1] ?? []);
}

/** A link of ours is none, nor is one that masks the name. */
function oldAlias(): string | null {
  const path = join(PATHS.units, ALIAS);
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (!status || (status.isSymbolicLink() && basename(readlinkSync(path)) === SERVICE)) return null;
  return path;
}

function sizeOf(path: string): number {
  return nullFor(["EACCES"], () => statSync(path).size) ?? 0;
}

export function makeFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o755 });
}
