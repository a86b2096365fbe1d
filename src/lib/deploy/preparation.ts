import { existsSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE_FOLDER } from "../package-files.ts";
import { desiredState } from "./desired.ts";
import { DEFAULT_WISHES, type Facts, type Wishes } from "./facts.ts";
import { gatherFacts } from "./gather-facts.ts";
import { Root } from "./machine.ts";
import type { Work } from "./perform.ts";
import { isPackagedUnit } from "./preflight.ts";
import { planDeploy } from "./plan.ts";
import { PATHS } from "./paths.ts";
import { describeProgram, isIntact, type Program } from "./program-files.ts";
import { type GivenSecrets, secretsFor } from "./secrets.ts";

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
  /** The unit that will be disabled, for its holding our port. */
  readonly disable: string | null;
}

/** Looks at the machine and decides what a deploy would do. Changes nothing. */
export function prepareDeploy(request: DeployRequest): Promise<Prepared> {
  return prepareDeployOf(describeProgram(PACKAGE_FOLDER), request, isIntact);
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
  const missingCredentials = desired.credentials
    .filter((name) => secrets[name] === undefined)
    .map((name) => join(PATHS.credentials, name))
    .filter((path) => !existsSync(root.at(path)));
  return { root, facts, plan, program, secrets, user: request.user, wishes, disable, missingCredentials };
}

/** A release that was changed on disk is installed again. */
function withWholeReleases(facts: Facts, name: string, root: Root, isWhole: (folder: string) => boolean): Facts {
  const folder = `${root.at(PATHS.releases)}/${name}`;
  if (!facts.installedReleases.includes(name) || isWhole(folder)) return facts;
  return { ...facts, installedReleases: facts.installedReleases.filter((other) => other !== name) };
}
