import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { CombotError } from "../errors.ts";
import { PACKAGE_FOLDER, packageFile } from "../package-files.ts";
import { desiredState } from "./desired.ts";
import { DEFAULT_WISHES, type Facts, type Wishes } from "./facts.ts";
import { gatherFacts } from "./gather-facts.ts";
import { Root } from "./machine.ts";
import type { Work } from "./perform.ts";
import { isPackagedUnit } from "./distributions.ts";
import { planDeploy } from "./plan.ts";
import { PATHS } from "./paths.ts";
import { describeProgram, isIntact, type Program } from "./program-files.ts";
import { takenNames } from "./shared-files.ts";
import { type GivenSecrets, secretsFor } from "./secrets.ts";
import { isBlind } from "./unreadable.ts";

const BUNDLED_MODEL = packageFile("models/shop-intents");

export interface DeployRequest {
  readonly rootFolder: string;
  /** What is not named stays as it was deployed. */
  readonly wishes: Partial<Wishes>;
  readonly secrets: GivenSecrets;
  readonly start: boolean;
  readonly disablePackagedRedis: boolean;
  readonly user: string;
}

export interface Prepared extends Work {
  readonly wishes: Wishes;
  /** Credentials that the operator's settings name and that are not there. */
  readonly missingCredentials: readonly string[];
  /** Names for what is outside of combot's folders that somebody else has taken. */
  readonly taken: readonly string[];
  /** Of the model that is not yet served, which the daemon prepares a copy of. */
  readonly weightsBytes: number;
  /** The unit that will be disabled, for its holding our port. */
  readonly disable: string | null;
  /** Wishes that were not given, and that this user can't read either: taken as they are by default. */
  readonly assumed: readonly (keyof Wishes)[];
}

/** Looks at the machine and decides what a deploy would do. Changes nothing. */
export function prepareDeploy(request: DeployRequest): Promise<Prepared> {
  const program = describeProgram(PACKAGE_FOLDER);
  refuseChanged(PACKAGE_FOLDER, program.name);
  return prepareDeployOf(program, request, isIntact);
}

/** The same for a program that was described before: reading all of it again takes most of the time. */
export async function prepareDeployOf(
  program: Program,
  request: DeployRequest,
  isWhole: (folder: string) => boolean,
): Promise<Prepared> {
  const root = new Root(request.rootFolder);
  const first = await gatherFacts(root, null);
  const wishes = { ...DEFAULT_WISHES, ...first.manifest?.wishes, ...request.wishes };
  const found = await gatherFacts(root, root.isMachine && wishes.redis === "managed" ? wishes.redisPort : null);
  const facts = withWholeReleases(found, program.name, root, isWhole);
  const secrets = secretsFor(facts, request.secrets);
  const desired = desiredState(facts, wishes, secrets);
  const holder = facts.portHolder?.unit ?? null;
  const disable = request.disablePackagedRedis && isPackagedUnit(holder) ? holder : null;
  const plan = planDeploy(facts, wishes, desired, program, { start: request.start, disable });
  const names = Object.keys(DEFAULT_WISHES) as (keyof Wishes)[];
  const assumed = isBlind(facts) && facts.manifest === null ? names.filter((name) => !(name in request.wishes)) : [];
  const missingCredentials = desired.credentials
    .filter((name) => secrets[name] === undefined)
    .map((name) => join(PATHS.credentials, name))
    .filter((path) => !existsSync(root.at(path)));
  const isServed = facts.manifest !== null && facts.manifest.wishes.modelDir === wishes.modelDir;
  const weightsBytes = isServed ? 0 : bytesOfModel(wishes.modelDir ?? BUNDLED_MODEL);
  const taken = root.isMachine ? takenNames(facts.files) : [];
  return {
    root,
    facts,
    plan,
    program,
    taken,
    weightsBytes,
    secrets,
    user: request.user,
    wishes,
    disable,
    missingCredentials,
    assumed,
  };
}

/** A release that deploys itself has to be what its name says: else what somebody changed there became the next one. */
function refuseChanged(folder: string, name: string): void {
  if (dirname(folder) !== PATHS.releases || basename(folder) === name) return;
  const found = `${folder} was changed since it was installed`;
  throw new CombotError("PREFLIGHT_FAILED", `${found}: npm install -g combot, and deploy from there`);
}

/** Of what a copy is prepared: the model's file, or those in its folder. */
function bytesOfModel(path: string): number {
  const status = statSync(path, { throwIfNoEntry: false });
  if (!status?.isDirectory()) return status?.size ?? 0;
  const names = readdirSync(path).filter((name) => name.includes(".onnx"));
  return names.reduce((sum, name) => sum + (statSync(join(path, name), { throwIfNoEntry: false })?.size ?? 0), 0);
}

/** A release that was changed on disk is installed again. */
function withWholeReleases(facts: Facts, name: string, root: Root, isWhole: (folder: string) => boolean): Facts {
  const folder = `${root.at(PATHS.releases)}/${name}`;
  if (!facts.installedReleases.includes(name) || isWhole(folder)) return facts;
  return { ...facts, installedReleases: facts.installedReleases.filter((other) => other !== name) };
}
