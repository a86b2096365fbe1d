import { fileURLToPath } from "node:url";
import { desiredState } from "./desired.ts";
import { DEFAULT_WISHES, type Facts, type Wishes } from "./facts.ts";
import { gatherFacts } from "./gather-facts.ts";
import { Root } from "./machine.ts";
import type { Work } from "./perform.ts";
import { isPackagedUnit } from "./preflight.ts";
import { planDeploy } from "./plan.ts";
import { PATHS } from "./paths.ts";
import { describeProgram, isIntact } from "./program-files.ts";
import { type GivenSecrets, secretsFor } from "./secrets.ts";

const PACKAGE = fileURLToPath(new URL("../../..", import.meta.url)).replace(/\/$/, "");

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
  /** The unit that will be disabled, for its holding our port. */
  readonly disable: string | null;
}

/** Looks at the machine and decides what a deploy would do. Changes nothing. */
export async function prepareDeploy(request: DeployRequest): Promise<Prepared> {
  const root = new Root(request.rootFolder);
  const first = await gatherFacts(root, null);
  const wishes = { ...DEFAULT_WISHES, ...first.manifest?.wishes, ...request.wishes };
  const found = await gatherFacts(root, root.isMachine && wishes.redis === "managed" ? wishes.redisPort : null);
  const program = describeProgram(PACKAGE);
  const facts = withIntactReleases(found, program.name, root);
  const secrets = secretsFor(facts, request.secrets);
  const desired = desiredState(facts, wishes, secrets);
  const holder = facts.portHolder?.unit ?? null;
  const disable = request.disablePackagedRedis && isPackagedUnit(holder) ? holder : null;
  const plan = planDeploy(facts, wishes, desired, program, { start: request.start, disable });
  return { root, facts, plan, program, secrets, user: request.user, wishes, disable };
}

/** A release that was changed on disk is installed again. */
function withIntactReleases(facts: Facts, name: string, root: Root): Facts {
  const folder = `${root.at(PATHS.releases)}/${name}`;
  if (!facts.installedReleases.includes(name) || isIntact(folder)) return facts;
  return { ...facts, installedReleases: facts.installedReleases.filter((other) => other !== name) };
}
