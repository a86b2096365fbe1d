import { join } from "node:path";
import { ALL_UNITS, TIMERS } from "../unit-names.ts";

/** Where everything of a deployed combot lies. The same on every machine: scripts and people rely on it. */
export const PATHS = {
  program: "/opt/combot",
  releases: "/opt/combot/releases",
  current: "/opt/combot/current",
  units: "/etc/systemd/system",
  settings: "/etc/combot",
  env: "/etc/combot/combot.env",
  redisConf: "/etc/combot/redis.conf",
  redisAcl: "/etc/combot/redis.acl",
  credentials: "/etc/combot/credentials",
  sysusers: "/etc/sysusers.d/combot.conf",
  tmpfiles: "/etc/tmpfiles.d/combot.conf",
  run: "/run/combot",
  redisRun: "/run/combot-redis",
  state: "/var/lib/combot",
  journal: "/var/lib/combot/journal.db",
  modelChoice: "/var/lib/combot/model.json",
  deploy: "/var/lib/combot/deploy",
  manifest: "/var/lib/combot/deploy/manifest.json",
  deployed: "/var/lib/combot/deploy/deployed.json",
  pending: "/var/lib/combot/deploy/pending.json",
  generations: "/var/lib/combot/deploy/generations",
} as const;

/** What systemd keeps of our timers: when they ran last. */
export const TIMER_STAMPS: readonly string[] = TIMERS.map((timer) => `/var/lib/systemd/timers/stamp-${timer}`);

/** Secrets by the name of their credential. The first three are made here, the others are handed in. */
export const MADE_SECRETS = ["redis-password", "redis-app-password", "redis-ops-password"] as const;
export const GIVEN_SECRETS = ["redis-url", "database-url"] as const;

/** Every file that deploy may write, programs and its own records apart. */
export const MANAGED_FILES: readonly string[] = [
  PATHS.sysusers,
  PATHS.tmpfiles,
  ...[...MADE_SECRETS, ...GIVEN_SECRETS].map((name) => join(PATHS.credentials, name)),
  PATHS.env,
  PATHS.redisConf,
  PATHS.redisAcl,
  ...ALL_UNITS.map((unit) => join(PATHS.units, unit)),
];
