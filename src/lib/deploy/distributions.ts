/** A server that the managed Redis can be, as a distribution packages it. */
export interface ServerPackage {
  readonly name: string;
  readonly kind: "redis" | "valkey";
  readonly binary: string;
  readonly version: string;
  /** By which the package starts a server of its own, its other names included. */
  readonly units: readonly string[];
  /** Installing the package enables and starts it. */
  readonly startsItself: boolean;
}

/** What deploy takes for granted of a distribution. */
export interface Distribution {
  /** ID and VERSION_ID of os-release(5). */
  readonly id: string;
  readonly version: string;
  readonly name: string;
  readonly systemdVersion: number;
  readonly install: "apt-get install -y" | "dnf install -y";
  /** In the order in which they are recommended. */
  readonly servers: readonly ServerPackage[];
  /** As it is delivered. */
  readonly selinux: "off" | "permissive";
  /** Deployed on a machine of it; if not, planned from these facts and never run. */
  readonly isShown: boolean;
  /** Where this is read. */
  readonly sources: readonly string[];
}

const redisOnDebian = (version: string): ServerPackage => ({
  name: "redis-server",
  kind: "redis",
  binary: "/usr/bin/redis-server",
  version,
  units: ["redis-server.service", "redis.service"],
  startsItself: true,
});

const valkeyOnDebian = (version: string): ServerPackage => ({
  name: "valkey-server",
  kind: "valkey",
  binary: "/usr/bin/valkey-server",
  version,
  units: ["valkey-server.service", "valkey.service"],
  startsItself: true,
});

/** All that differs between the distributions, in one place. */
export const DISTRIBUTIONS: readonly Distribution[] = [
  {
    id: "debian",
    version: "12",
    name: "Debian GNU/Linux 12 (bookworm)",
    systemdVersion: 252,
    install: "apt-get install -y",
    servers: [redisOnDebian("7.0.15")],
    selinux: "off",
    isShown: true,
    sources: ["https://packages.debian.org/bookworm/redis-server", "https://packages.debian.org/bookworm/systemd"],
  },
  {
    id: "debian",
    version: "13",
    name: "Debian GNU/Linux 13 (trixie)",
    systemdVersion: 257,
    install: "apt-get install -y",
    servers: [valkeyOnDebian("8.1.1"), redisOnDebian("8.0.2")],
    selinux: "off",
    isShown: false,
    sources: [
      "https://packages.debian.org/trixie/valkey-server",
      "https://packages.debian.org/trixie/redis-server",
      "https://packages.debian.org/trixie/systemd",
    ],
  },
  {
    id: "ubuntu",
    version: "24.04",
    name: "Ubuntu 24.04 LTS",
    systemdVersion: 255,
    install: "apt-get install -y",
    servers: [redisOnDebian("7.0.15")],
    // AppArmor: the packages bring no profile for their servers, and none names our paths.
    selinux: "off",
    isShown: false,
    sources: ["https://packages.ubuntu.com/noble/redis-server", "https://packages.ubuntu.com/noble/systemd"],
  },
  {
    id: "amzn",
    version: "2023",
    name: "Amazon Linux 2023",
    systemdVersion: 252,
    install: "dnf install -y",
    servers: [
      {
        name: "valkey",
        kind: "valkey",
        binary: "/usr/bin/valkey-server",
        version: "8.0.1",
        units: ["valkey.service"],
        startsItself: false,
      },
      {
        // Named by its major version, its programs too.
        name: "redis6",
        kind: "redis",
        binary: "/usr/bin/redis6-server",
        version: "6.2.14",
        units: ["redis6.service"],
        startsItself: false,
      },
    ],
    selinux: "permissive",
    isShown: false,
    sources: [
      "https://docs.aws.amazon.com/linux/al2023/release-notes/all-packages.html",
      "https://docs.aws.amazon.com/linux/al2023/ug/default-SELinux-modes-states.html",
    ],
  },
];

const SERVERS = DISTRIBUTIONS.flatMap(({ servers }) => servers);

/** Programs to look for: Valkey before Redis. */
export const SERVER_BINARIES: readonly string[] = [
  ...new Set(
    ["valkey", "redis"].flatMap((kind) => SERVERS.filter((server) => server.kind === kind)).map((s) => s.binary),
  ),
];

export const SERVER_PACKAGES: readonly string[] = [...new Set(SERVERS.map(({ name }) => name))];

export const PACKAGED_UNITS: readonly string[] = [...new Set(SERVERS.flatMap(({ units }) => units))];

/** Whether a server runs by the unit of its package. */
export function isPackagedUnit(unit: string | null | undefined): boolean {
  return PACKAGED_UNITS.includes(unit ?? "");
}

const RPM_BASED = ["amzn", "fedora", "rhel", "centos", "rocky", "almalinux", "ol"];

/** The command by which a package comes onto this machine; of a distribution that is not in the table, by its kin. */
export function installCommand(id: string, name: string): string {
  return `${RPM_BASED.includes(id) ? "dnf" : "apt-get"} install -y ${name}`;
}

/** The command that brings a server for the managed Redis. */
export function installServer({ id, version }: { readonly id: string; readonly version: string }): string {
  const known = DISTRIBUTIONS.find((one) => one.id === id && one.version === version);
  const name = known?.servers[0]?.name ?? (RPM_BASED.includes(id) ? "valkey" : "redis-server");
  return installCommand(id, name);
}
