import type { Facts } from "../../../src/lib/deploy/facts.ts";
import { GIB } from "../../../src/lib/units.ts";

/** Machines before a first deploy, as their facts come from a fresh t3.large of each distribution. */
const BARE: Omit<Facts, "distribution" | "systemdVersion" | "redis"> = {
  cgroupVersion: 2,
  machine: { cores: 2, memoryBytes: 7.7 * GIB, swapBytes: 0 },
  nodeVersion: "24.21.0",
  isRoot: true,
  portHolder: null,
  listenHolder: null,
  byHand: [],
  files: {},
  units: {},
  currentRelease: null,
  installedReleases: [],
  manifest: null,
  pending: null,
  freeBytes: 20 * GIB,
};

export const MACHINES: Readonly<Record<string, Facts>> = {
  "Amazon Linux 2023 with redis6": {
    ...BARE,
    distribution: { id: "amzn", version: "2023", name: "Amazon Linux 2023" },
    systemdVersion: 252,
    redis: { kind: "redis", binary: "/usr/bin/redis6-server", version: "6.2.14" },
  },
  "Amazon Linux 2023 with valkey": {
    ...BARE,
    distribution: { id: "amzn", version: "2023", name: "Amazon Linux 2023" },
    systemdVersion: 252,
    redis: { kind: "valkey", binary: "/usr/bin/valkey-server", version: "8.0.1" },
  },
  "Debian 12": {
    ...BARE,
    distribution: { id: "debian", version: "12", name: "Debian GNU/Linux 12 (bookworm)" },
    systemdVersion: 252,
    redis: { kind: "redis", binary: "/usr/bin/redis-server", version: "7.0.15" },
  },
  "Ubuntu 24.04": {
    ...BARE,
    distribution: { id: "ubuntu", version: "24.04", name: "Ubuntu 24.04 LTS" },
    systemdVersion: 255,
    redis: { kind: "redis", binary: "/usr/bin/redis-server", version: "7.0.15" },
  },
};

export const DEBIAN = MACHINES["Debian 12"] as Facts;

export const SECRETS = {
  "redis-password": "the-password-of-combot",
  "redis-app-password": "the-password-of-others",
  "redis-ops-password": "the-password-of-operators",
};

export const RELEASE = { name: "0.1.0-0123456789ab", version: "0.1.0", bytes: 190_000_000 };
