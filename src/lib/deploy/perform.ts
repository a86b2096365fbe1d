import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseEnvFile } from "../config/env-file.ts";
import { CombotError } from "../errors.ts";
import { saveDatabase } from "./database.ts";
import type { Secrets } from "./desired.ts";
import type { Facts, Pending } from "./facts.ts";
import { readJson, switchLink, toJson, writeWhole } from "./files.ts";
import {
  generationFolder,
  notePending,
  pruneGenerations,
  pruneReleases,
  recordDeployed,
  SAVED_DATABASE,
  saveGeneration,
} from "./generations.ts";
import { makeFolder } from "./gather-facts.ts";
import { makeOwnFolders } from "./folders.ts";
import { smokeTest, waitHealthy } from "./health.ts";
import { runCommand, tryCommand, type Root } from "./machine.ts";
import { MANAGED_FILES, PATHS } from "./paths.ts";
import { SHARED_FILES } from "./shared-files.ts";
import { ALL_UNITS } from "../unit-names.ts";
import type { Plan } from "./plan.ts";
import { installProgram, type Program } from "./program-files.ts";
import { tryRedis } from "./redis-trial.ts";
import type { PlainStep, Step } from "./steps.ts";
import { driveUnit, systemctl, verifyUnits } from "./systemd.ts";
import { hangLimitMs } from "../slowness.ts";

/** What the steps of one deploy work with. */
export interface Work {
  readonly root: Root;
  readonly facts: Facts;
  readonly plan: Plan;
  readonly program: Program;
  readonly secrets: Secrets;
  /** Who runs it, for the journal's line. */
  readonly user: string;
}

/** Told what a step waits for. */
export type OnWait = (found: string) => void;

const DEFAULT_LOAD_SECONDS = 120;
const HEALTH_SPARE_SECONDS = 30;

/** Does one step. Each may be done again after it was done, or half done. */
export async function performStep(step: Step, work: Work, onWait: OnWait): Promise<void> {
  const { root, facts } = work;
  switch (step.do) {
    case "save-generation":
      return saveGeneration(root, facts.isRoot, step);
    case "install-program":
      makeFolder(root.at(PATHS.releases));
      return installProgram(work.program, root.at(PATHS.releases), facts.isRoot);
    case "switch-program":
      return switchLink(root.at(PATHS.current), join("releases", step.release));
    case "write":
      return writeFile(step.path, work);
    case "remove":
      return rmSync(root.at(step.path), { force: true });
    case "start":
    case "stop":
    case "restart":
      return driveUnit(step.do, step.unit);
    case "enable":
      return enable(step.units, root);
    case "unlink":
      return void (await systemctl("disable", "--no-reload", step.unit));
    case "disable":
      return void (await systemctl("disable", "--now", step.unit));
    case "prune":
      pruneGenerations(root);
      return pruneReleases(root, work.plan.release.name);
    case "audit":
    case "clear-model-choice":
    case "finish":
    case "label":
    case "make-folders":
    case "make-users":
    case "reload-systemd":
    case "save-database":
    case "smoke-test":
    case "try-redis":
    case "verify-units":
    case "wait-healthy":
    case "write-manifest":
      return performPlain(step.do, work, onWait);
  }
}

async function performPlain(step: Exclude<PlainStep, "prune">, work: Work, onWait: OnWait): Promise<void> {
  const { root, plan } = work;
  switch (step) {
    case "try-redis":
      return tryRedisConfig(work);
    case "make-users":
      return void (await runCommand("systemd-sysusers", [PATHS.sysusers]));
    case "make-folders":
      await runCommand("systemd-tmpfiles", ["--create", PATHS.tmpfiles]);
      return makeOwnFolders(root);
    case "label":
      return label();
    case "verify-units":
      return verifyUnits(ALL_UNITS.map((unit) => join(PATHS.units, unit)).filter((path) => existsSync(path)));
    case "reload-systemd":
      await systemctl("daemon-reload");
      // Deploys one after the other are no crashes: systemd counts every start, and refuses the sixth in five minutes.
      return void (await tryCommand("systemctl", ["reset-failed", ...ALL_UNITS]));
    case "clear-model-choice":
      return rmSync(root.at(PATHS.modelChoice), { force: true });
    case "save-database":
      return saveJournal(root);
    case "wait-healthy":
      return waitHealthy(healthLimitMs(plan.files.find(({ path }) => path === PATHS.env)?.to?.content ?? ""), onWait);
    case "smoke-test":
      return smokeTest();
    case "audit":
      return audit(work);
    case "write-manifest":
      return writeManifest(work);
    case "finish":
      return rmSync(root.at(PATHS.pending), { force: true });
  }
}

function writeFile(path: string, { plan, root }: Work): void {
  const file = plan.files.find((change) => change.path === path)?.to;
  if (!file) throw new CombotError("INTERNAL", `the plan has no content for ${path}`);
  if (path.startsWith(PATHS.credentials) && !root.isMachine) makeFolder(root.at(PATHS.credentials));
  writeWhole(root.at(path), { ...file, owner: root.isMachine ? file.owner : null });
}

/** By the policy's file contexts: under /opt what lies in a bin folder is a program that init may run. */
async function label(): Promise<void> {
  const units = ALL_UNITS.map((unit) => join(PATHS.units, unit));
  const all = [PATHS.program, PATHS.settings, PATHS.sysusers, PATHS.tmpfiles, PATHS.state, ...SHARED_FILES, ...units];
  await runCommand("restorecon", ["-R", ...all.filter((path) => existsSync(path))]);
}

/** systemd reads its units right after this, once for all of them. */
async function enable(units: readonly string[], root: Root): Promise<void> {
  if (root.isMachine) return void (await systemctl("enable", "--no-reload", ...units));
  await tryCommand("systemctl", ["--root", root.folder, "enable", ...units]);
}

async function tryRedisConfig({ plan, facts, secrets }: Work): Promise<void> {
  const contentOf = (path: string): string => plan.files.find((change) => change.path === path)?.to?.content ?? "";
  if (facts.redis === null) throw new CombotError("DEPLOY_FAILED", "neither Valkey nor Redis is installed");
  await tryRedis({
    binary: facts.redis.binary,
    conf: contentOf(PATHS.redisConf),
    acl: contentOf(PATHS.redisAcl),
    password: secrets["redis-password"] ?? "",
  });
}

/** Beside the generation that this deploy goes back to; once, since by now the new version may have changed it. */
async function saveJournal(root: Root): Promise<void> {
  const pending = readJson(root.at(PATHS.pending)) as Pending | null;
  if (pending === null) throw new CombotError("INTERNAL", "no generation was saved");
  if (pending.databaseSaved) return;
  await saveDatabase(root.at(PATHS.journal), join(generationFolder(root, pending.generation), SAVED_DATABASE));
  notePending(root, { ...pending, databaseSaved: true });
}

function writeManifest({ root, plan }: Work): void {
  if (root.isMachine) recordDeployed(root, [...MANAGED_FILES, ...plan.manifest.files.map(({ path }) => path)]);
  writeWhole(root.at(PATHS.manifest), { content: toJson(plan.manifest), mode: 0o600, owner: null });
}

/** @param text of combot.env */
export function healthLimitMs(text: string): number {
  const given = parseEnvFile(text).entries.findLast(({ name }) => name === "MODEL_LOAD_TIMEOUT")?.value;
  const loadMs = given === undefined ? hangLimitMs(DEFAULT_LOAD_SECONDS * 1000) : Number(given) * 1000;
  return loadMs + hangLimitMs(HEALTH_SPARE_SECONDS * 1000);
}

async function audit({ plan, user }: Work): Promise<void> {
  const changed = plan.files.filter(({ kind }) => kind !== "keep").length;
  const line = `deployed ${plan.release.name}: ${changed} files changed, by ${user}`;
  await tryCommand("systemd-cat", ["-t", "combot-deploy", "-p", "notice"], { input: `${line}\n` });
}
