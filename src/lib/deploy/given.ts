import { realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { databaseUrl, parseRedisUrl } from "../config/store-types.ts";
import type { PROFILES } from "../config/profiles.ts";
import { CombotError } from "../errors.ts";
import type { Wishes } from "./facts.ts";
import { type GivenSecrets, readSecret } from "./secrets.ts";

/** The flags of `combot deploy`. */
export interface DeployFlags {
  readonly profile?: (typeof PROFILES)[number] | undefined;
  readonly root: string;
  readonly "dry-run": boolean;
  readonly diff: boolean;
  readonly yes: boolean;
  readonly start: boolean;
  readonly redis?: "managed" | "off" | undefined;
  readonly "redis-url-file"?: string | undefined;
  readonly "redis-port"?: number | undefined;
  readonly "disable-packaged-redis": boolean;
  readonly "database-file"?: string | undefined;
  readonly model?: string | undefined;
  readonly rollback: boolean;
  readonly remove: boolean;
  readonly purge: boolean;
}

/** What was asked for; what is not named stays as it was deployed. */
export function wishesOf({ profile, redis, model, "redis-port": redisPort }: DeployFlags): Partial<Wishes> {
  return {
    ...(profile && { profile }),
    ...(redis && { redis }),
    ...(redisPort !== undefined && { redisPort }),
    ...(model !== undefined && { modelDir: modelFolder(model) }),
  };
}

/** A folder, or a model file in one: that may be a link out of it, which is not followed. */
function modelFolder(model: string): string {
  const found = statSync(model, { throwIfNoEntry: false });
  if (found?.isDirectory()) return realpathSync(resolve(model));
  if (!found) throw new CombotError("USAGE", `There is no folder ${model}.`);
  if (!model.endsWith(".onnx"))
    throw new CombotError("USAGE", `${model} is no folder: give the model's folder, or its .onnx file.`);
  return join(realpathSync(dirname(resolve(model))), basename(model));
}

/** Naming a kind of Redis takes back another one that was named before. */
export function secretsOf({
  redis,
  "redis-url-file": redisFile,
  "database-file": databaseFile,
}: DeployFlags): GivenSecrets {
  const redisUrl = redisFile === undefined ? undefined : readSecret(redisFile);
  if (redisUrl !== undefined && !parseRedisUrl(redisUrl))
    throw new CombotError("USAGE", "--redis-url-file: what it holds is not the URL of a Redis.");
  const database = databaseFile === undefined ? undefined : readSecret(databaseFile);
  if (database !== undefined && !databaseUrl().schema.safeParse(database).success)
    throw new CombotError("USAGE", "--database-file: what it holds is not a DATABASE_URL.");
  return {
    ...(redis && { "redis-url": null }),
    ...(redisUrl !== undefined && { "redis-url": redisUrl }),
    ...(database !== undefined && { "database-url": database }),
  };
}
