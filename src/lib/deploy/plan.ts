import { createHash } from "node:crypto";
import { basename, dirname } from "node:path";
import { ownSettingsIn } from "../config/deployed-settings.ts";
import type { Desired } from "./desired.ts";
import type { DesiredFile } from "./desired-file.ts";
import {
  type Disabled,
  isRunning,
  type Facts,
  type FileState,
  type Manifest,
  type Release,
  type Wishes,
} from "./facts.ts";
import { type FolderChange, folderChanges } from "./folders.ts";
import { MANAGED_FILES, PATHS } from "./paths.ts";
import { isOurs, SHARED_FILES } from "./shared-files.ts";
import { SERVICE, SOCKET } from "../unit-names.ts";
import type { Step } from "./steps.ts";
import { isBlind } from "./unreadable.ts";

/** `unknown`: it differs from a plan that was made without knowing all that it depends on. */
export type ChangeKind = "create" | "change" | "keep" | "remove" | "unknown";

export interface FileChange {
  readonly kind: ChangeKind;
  readonly path: string;
  /** Null where the file is to go. */
  readonly to: DesiredFile | null;
  /** Null where there is none. */
  readonly from: FileState | null;
}

export interface UnitChange {
  readonly unit: string;
  readonly act: "start" | "restart" | "keep" | "stop" | "unknown";
}

/** All that a deploy would do, decided from facts alone. */
export interface Plan {
  readonly release: { readonly name: string; readonly isInstalled: boolean; readonly isCurrent: boolean };
  readonly files: readonly FileChange[];
  readonly units: readonly UnitChange[];
  /** Folders of deploy's own to be mended. */
  readonly folders: readonly FolderChange[];
  /** In the order in which they are done; none where nothing is to do. */
  readonly steps: readonly Step[];
  readonly manifest: Manifest;
  readonly arithmetic: string;
}

export interface PlanOptions {
  /** False: nothing is started or restarted. */
  readonly start: boolean;
  /** A unit of the distribution to disable, that holds our port. */
  readonly disable: string | null;
}

export function planDeploy(
  facts: Facts,
  wishes: Wishes,
  desired: Desired,
  release: Release,
  { start, disable }: PlanOptions,
): Plan {
  const files = fileChanges(facts, desired.files);
  const isCurrent = facts.currentRelease === release.name;
  const units = start ? unitChanges(facts, desired, files, isCurrent) : [];
  const disabled = { ...facts.manifest?.disabled, ...facts.pending?.disabled, ...disabledBy(facts, disable) };
  const manifest = manifestOf(wishes, desired.files, release, disabled);
  const isInstalled = facts.installedReleases.includes(release.name);
  const folders = folderChanges(facts.folders);
  const changed = { files, units, folders, release: { name: release.name, isInstalled, isCurrent }, manifest };
  const steps = stepsOf(facts, desired, changed, start, disable);
  return { ...changed, steps, arithmetic: desired.sizes.arithmetic };
}

function fileChanges(facts: Facts, desired: readonly DesiredFile[]): FileChange[] {
  const [create, change, remove] = isBlind(facts)
    ? (["unknown", "unknown", "unknown"] as const)
    : (["create", "change", "remove"] as const);
  const wanted = desired.map((to): FileChange => {
    const from = facts.files[to.path] ?? null;
    return { kind: from === null ? create : isSame(from, to) ? "keep" : change, path: to.path, to, from };
  });
  const written = facts.manifest?.files.map(({ path }) => path) ?? [];
  const gone = [...new Set([...MANAGED_FILES, ...written])]
    .filter((path) => facts.files[path] && !desired.some((file) => file.path === path))
    .filter((path) => !SHARED_FILES.includes(path) || (facts.files[path] && isOurs(facts.files[path])))
    .map((path): FileChange => ({ kind: remove, path, to: null, from: facts.files[path] ?? null }));
  return [...wanted, ...gone];
}

function isSame(from: FileState, to: DesiredFile): boolean {
  const isContentSame = from.content === to.content;
  const isThere = to.link === undefined ? from.link === undefined && isContentSame : from.link === to.link;
  return isThere && from.mode === to.mode && from.owner === to.owner;
}

function unitChanges(
  facts: Facts,
  desired: Desired,
  files: readonly FileChange[],
  isCurrent: boolean,
): readonly UnitChange[] {
  const touched = new Set([
    ...files
      .filter(({ kind, ...file }) => kind !== "unknown" && (kind !== "keep" || !wasDeployed(file, facts)))
      .flatMap(({ to }) => to?.readBy ?? []),
    ...(isCurrent ? [] : [SERVICE]),
    ...(facts.pending?.restart ?? []),
  ]);
  const wanted = desired.units.map((unit): UnitChange => {
    const isActive = isRunning(facts.units[unit]?.active);
    if (isBlind(facts) && !(isActive && touched.has(unit))) return { unit, act: "unknown" };
    return { unit, act: isActive ? (touched.has(unit) ? "restart" : "keep") : "start" };
  });
  const stopped = Object.entries(facts.units)
    .filter(
      ([unit, { active }]) =>
        isRunning(active) && !desired.units.includes(unit) && /\.(service|socket|timer|target)$/.test(unit),
    )
    .filter(([unit]) => files.some(({ kind, path }) => kind === "remove" && path.endsWith(`/${unit}`)))
    .map(([unit]): UnitChange => ({ unit, act: "stop" }));
  return [...stopped, ...wanted];
}

/** A secret that was replaced by hand is as it is to be, and what runs still has the one before. */
function wasDeployed({ path, to }: Pick<FileChange, "path" | "to">, { manifest }: Facts): boolean {
  const before = manifest?.files.find((file) => file.path === path);
  return before === undefined || before.sha256 === digestOf(to?.link ?? to?.content ?? "");
}

type Changed = Pick<Plan, "files" | "units" | "folders" | "release" | "manifest">;

function stepsOf(facts: Facts, desired: Desired, changed: Changed, start: boolean, disable: string | null): Step[] {
  if (isBlind(facts)) return [];
  const { files, units, folders, release } = changed;
  const writes = files.filter(({ kind }) => kind === "create" || kind === "change");
  const removals = files.filter(({ kind }) => kind === "remove");
  const acts = units.filter(({ act }) => act !== "keep");
  const byHand = unitsByHand(facts, writes);
  const isEnabled = (unit: string): boolean => facts.units[unit]?.enabled === "enabled" && !byHand.includes(unit);
  const enables = desired.units.filter((unit) => unit !== SOCKET && !isEnabled(unit));
  const isSame = JSON.stringify(facts.manifest) === JSON.stringify(changed.manifest);
  const isProgramNew = !release.isInstalled || !release.isCurrent;
  const hasWork =
    writes.length + removals.length + acts.length + enables.length + folders.length > 0 ||
    isProgramNew ||
    disable !== null;
  if (!hasWork && isSame && facts.pending === null) return [];

  const early = [PATHS.sysusers, PATHS.tmpfiles] as readonly string[];
  const write = (of: readonly FileChange[]): Step[] => of.map(({ path }) => ({ do: "write", path }));
  const isRedisChanged = writes.some(({ to }) => to?.path === PATHS.redisConf || to?.path === PATHS.redisAcl);
  const restart = acts.filter(({ act }) => act !== "stop").map(({ unit }) => unit);
  return [
    ...(isRedisChanged ? [{ do: "try-redis" } as const] : []),
    { do: "save-generation", restart, disable: disabledBy(facts, disable) },
    ...(disable === null ? [] : [{ do: "disable", unit: disable } as const]),
    ...byHand.map((unit) => ({ do: "unlink", unit }) as const),
    ...(release.isInstalled ? [] : [{ do: "install-program", release: release.name } as const]),
    ...write(writes.filter(({ path }) => early.includes(path))),
    { do: "make-users" },
    { do: "make-folders" },
    ...write(writes.filter(({ path }) => !early.includes(path))),
    ...acts.filter(({ act }) => act === "stop").map(({ unit }) => ({ do: "stop", unit }) as const),
    ...removals.map(({ path }) => ({ do: "remove", path }) as const),
    ...(release.isCurrent ? [] : [{ do: "switch-program", release: release.name } as const]),
    ...(facts.selinux.mode !== "off" && facts.selinux.canLabel ? [{ do: "label" } as const] : []),
    { do: "verify-units" },
    ...(enables.length > 0 ? [{ do: "enable", units: enables } as const] : []),
    { do: "reload-systemd" },
    ...(modelChanges(facts, changed.manifest) ? [{ do: "clear-model-choice" } as const] : []),
    // A run that was killed may have switched to the new version and not saved what that one will change.
    ...startSteps(acts, !release.isCurrent || facts.pending !== null),
    ...(start ? [{ do: "wait-healthy" } as const, { do: "smoke-test" } as const] : []),
    { do: "audit" },
    { do: "write-manifest" },
    { do: "prune" },
    { do: "finish" },
  ];
}

/** Units that deploy finds and has not written: what enabled them says other things than ours. */
function unitsByHand({ manifest }: Facts, writes: readonly FileChange[]): readonly string[] {
  const isByHand = ({ path, from }: FileChange): boolean =>
    from !== null && dirname(path) === PATHS.units && !manifest?.files.some((file) => file.path === path);
  return writes.filter(isByHand).map(({ path }) => basename(path));
}

function startSteps(acts: readonly UnitChange[], mayBeNewProgram: boolean): Step[] {
  const changing = acts.filter(({ act }) => act !== "stop");
  const socket = changing.find(({ unit }) => unit === SOCKET);
  const database: Step[] = mayBeNewProgram ? [{ do: "save-database" }] : [];
  // A socket unit can't be restarted under its running service, which starts it.
  const stops = socket?.act === "restart" ? [SERVICE, SOCKET].map((unit): Step => ({ do: "stop", unit })) : [];
  const starts = changing
    .filter(({ unit }) => unit !== SOCKET)
    .map(({ unit, act }): Step => {
      const isStopped = stops.length > 0 && unit === SERVICE;
      return { do: act === "restart" && !isStopped ? "restart" : "start", unit };
    });
  return [...database, ...stops, ...starts];
}

function modelChanges(facts: Facts, next: Manifest): boolean {
  return facts.manifest !== null && facts.manifest.wishes.modelDir !== next.wishes.modelDir;
}

/** How it was, so that it can be so again. */
function disabledBy({ packaged }: Facts, disable: string | null): Disabled {
  return disable === null ? {} : { [disable]: packaged[disable] ?? { active: "active", enabled: "enabled" } };
}

function manifestOf(
  wishes: Wishes,
  files: readonly DesiredFile[],
  { name, version }: Release,
  disabled: Disabled,
): Manifest {
  return {
    version,
    release: name,
    wishes,
    files: files.map(({ path, mode, owner, content, link }) => ({
      path,
      mode: mode.toString(8).padStart(4, "0"),
      owner,
      sha256: digestOf(link ?? content),
      ...(path === PATHS.env && { settings: ownSettingsIn(content) }),
    })),
    ...(Object.keys(disabled).length > 0 && { disabled }),
  };
}

function digestOf(content: string): string {
  return createHash("sha256").update(content).digest("hex");
}
