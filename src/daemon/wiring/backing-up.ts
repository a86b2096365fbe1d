import { join } from "node:path";
import { describeSettings } from "../../lib/config/describe.ts";
import type { LoadedSettings } from "../../lib/config/load.ts";
import type { Settings } from "../../lib/config/settings.ts";
import { VERSION } from "../../lib/version.ts";
import type { Caching } from "./caching.ts";
import type { Journaling } from "./journaling.ts";
import { logFailure } from "../log/failures.ts";
import type { Logger } from "../log/log.ts";
import { Backups } from "../jobs/backups.ts";
import { DEFAULT_MODEL } from "../../lib/protocol/models.ts";
import type { Models } from "../residency/models.ts";

interface BackingUpParts {
  readonly settings: Settings;
  readonly models: Models;
  readonly caching: Caching;
  readonly journaling: Journaling | undefined;
  readonly loaded: () => LoadedSettings;
  readonly log: Logger;
}

export function createBackups({ settings, models, caching, journaling, loaded, log }: BackingUpParts): Backups {
  return new Backups({
    dir: join(settings.stateDir, "backups"),
    version: VERSION,
    keep: () => settings.backupKeep,
    journal: journaling?.journal,
    answerTtlMs: () => settings.cacheTtlMs,
    redis: caching.redis?.connection,
    settings: () => describeSettings(loaded()),
    models: () => describeModels(models),
    clock: () => new Date(),
    onUnjudged: (backups) =>
      log.warn(
        { backups },
        "backups with a name from the future, or of unknown make, are left alone: remove them by hand",
      ),
    onFailure: logFailure(log, "a backup or a restore has failed"),
  });
}

function describeModels({ current, tenants, repository }: Models): object[] {
  const [first] = tenants;
  const { dir, file, digest } = current.model;
  return [
    { name: DEFAULT_MODEL, dir, file, digest, pinned: first?.pinned ?? false },
    ...repository.entries.map((entry) => ({
      name: entry.name,
      dir: entry.dir,
      file: entry.engine?.model.file ?? null,
      digest: entry.engine?.model.digest ?? null,
      pinned: repository.isPinned(entry),
    })),
  ];
}
