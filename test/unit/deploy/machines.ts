import { DISTRIBUTIONS } from "../../../src/lib/deploy/distributions.ts";
import type { Facts } from "../../../src/lib/deploy/facts.ts";
import { GIB } from "../../../src/lib/units.ts";

/** Machines before a first deploy, as their facts come from a fresh t3.large of each distribution. */
const BARE: Omit<Facts, "distribution" | "systemdVersion" | "redis" | "selinux"> = {
  cgroupVersion: 2,
  machine: { cores: 2, memoryBytes: 7.7 * GIB, swapBytes: 0 },
  nodeVersion: "24.21.0",
  isRoot: true,
  portHolder: null,
  listenHolder: null,
  byHand: [],
  files: {},
  units: {},
  packaged: {},
  unreadable: [],
  currentRelease: null,
  installedReleases: [],
  manifest: null,
  pending: null,
  places: ["/opt/combot/releases", "/var/lib/combot", "/etc/combot", "/etc/systemd/system", "/tmp"].map((path) => ({
    path,
    device: 1,
    mount: "/",
    freeBytes: 20 * GIB,
    freeFiles: 1_000_000,
    isReadOnly: false,
    isNoExec: false,
  })),
  folders: {},
  unfinishedPackages: [],
  oldAlias: null,
  shells: [],
  nodeLibrary: null,
  journalBytes: 0,
  asRoot: "sudo combot",
};

const NAMES: Readonly<Record<string, string>> = { amzn: "Amazon Linux", debian: "Debian", ubuntu: "Ubuntu" };

/** One for each server that a distribution packages, as the table of distributions has it. */
export const MACHINES: Readonly<Record<string, Facts>> = Object.fromEntries(
  DISTRIBUTIONS.flatMap(({ id, version, name, systemdVersion, servers, selinux }) =>
    servers.map(({ name: server, kind, binary, version: serverVersion }) => [
      `${NAMES[id]} ${version}${servers.length > 1 ? ` with ${server}` : ""}`,
      {
        ...BARE,
        distribution: { id, version, name },
        systemdVersion,
        selinux: { mode: selinux, canLabel: selinux !== "off" },
        redis: { kind, binary, version: serverVersion },
      },
    ]),
  ),
);

export const DEBIAN = MACHINES["Debian 12"] as Facts;

export const SECRETS = {
  "redis-password": "the-password-of-combot",
  "redis-app-password": "the-password-of-others",
  "redis-ops-password": "the-password-of-operators",
};

export const RELEASE = { name: "0.1.0-0123456789ab", version: "0.1.0", bytes: 190_000_000, fileCount: 4000 };
