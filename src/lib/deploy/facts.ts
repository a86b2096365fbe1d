import type { ProfileName } from "../config/profiles.ts";

/** What deploy was asked for; what is not given stays as it was deployed, or has its default. */
export interface Wishes {
  readonly profile: ProfileName;
  readonly redis: "managed" | "off";
  /** TCP port of the managed Redis on loopback; 0 = its Unix socket only. */
  readonly redisPort: number;
  /** Absolute; null = the bundled model. */
  readonly modelDir: string | null;
}

export const DEFAULT_WISHES: Wishes = { profile: "t3.large", redis: "managed", redisPort: 6379, modelDir: null };

/** One file as it is on disk. `content` is null where this user may not read it. */
export interface FileState {
  readonly content: string | null;
  /** Permission bits. */
  readonly mode: number;
  /** `owner:group`, by name. */
  readonly owner: string;
  /** Where it leads, if it is a link; `content` is what is there. */
  readonly link?: string;
}

export interface RedisFound {
  readonly kind: "redis" | "valkey";
  readonly binary: string;
  readonly version: string;
}

/** A process that stands in the way. */
export interface Holder {
  readonly pid: number;
  readonly command: string;
  /** The unit that it belongs to, if any. */
  readonly unit: string | null;
}

export interface UnitState {
  /** ActiveState of systemd. */
  readonly active: string;
  /** UnitFileState; "" where there is none. */
  readonly enabled: string;
}

/** Also while it starts, and while it reads its settings again. */
export function isRunning(active: string | undefined): boolean {
  return active === "active" || active === "reloading" || active === "activating";
}

/** Units that are not combot's own, as they were before a deploy disabled them. */
export type Disabled = Readonly<Record<string, UnitState>>;

/** What deploy wrote last. */
export interface Manifest {
  readonly version: string;
  readonly release: string;
  readonly wishes: Wishes;
  readonly files: readonly ManifestFile[];
  /** To be put back when combot goes. */
  readonly disabled?: Disabled;
}

export interface ManifestFile {
  readonly path: string;
  readonly mode: string;
  readonly owner: string;
  readonly sha256: string;
  /** Of a file that operators add lines to: deploy's own settings, without which it is not as deployed. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A deploy that began and did not end: what it started from, and what it would still have restarted. */
export interface Pending {
  readonly generation: string;
  readonly restart: readonly string[];
  /** The journal was saved, or there was none: by now the new version may have changed it, or begun one. */
  readonly databaseSaved?: boolean;
  readonly disabled?: Disabled;
}

/** The machine before anything is done. */
export interface Facts {
  /** From os-release: `debian` `12`. */
  readonly distribution: { readonly id: string; readonly version: string; readonly name: string };
  /** Null where PID 1 is not systemd. */
  readonly systemdVersion: number | null;
  readonly cgroupVersion: 1 | 2;
  readonly machine: { readonly cores: number; readonly memoryBytes: number; readonly swapBytes: number };
  readonly nodeVersion: string;
  readonly isRoot: boolean;
  /** The server to run, the first found of Valkey and Redis. */
  readonly redis: RedisFound | null;
  /** Who listens on the port that the managed Redis is to have. */
  readonly portHolder: Holder | null;
  /** Who else listens on the port that COMBOT_LISTEN names. */
  readonly listenHolder: Holder | null;
  /** Daemons that run outside combot's unit. */
  readonly byHand: readonly Holder[];
  /** Managed files that are there. */
  readonly files: Readonly<Record<string, FileState>>;
  readonly units: Readonly<Record<string, UnitState>>;
  /** Servers that the distribution's packages start. */
  readonly packaged: Readonly<Record<string, UnitState>>;
  /** Managed files that are there, or may be, and that this user may not read: what is in them is not known. */
  readonly unreadable: readonly string[];
  readonly currentRelease: string | null;
  readonly installedReleases: readonly string[];
  readonly manifest: Manifest | null;
  readonly pending: Pending | null;
  readonly places: readonly Place[];
  /** Deploy's own folders that are there, and those above them. */
  readonly folders: Readonly<Record<string, FolderState>>;
  readonly selinux: Selinux;
  /** Packages that dpkg has begun to install and not finished. */
  readonly unfinishedPackages: readonly string[];
  /** A unit by hand under the service's other name, which keeps systemd from giving it to ours. */
  readonly oldAlias: string | null;
  /** Shells that are installed, which can complete combot's commands. */
  readonly shells: readonly Shell[];
  /** The library that Node is in, where the program of that name is a stub; its file's name. */
  readonly nodeLibrary: string | null;
  /** Of the journal's database, which is saved before a new version may change it. */
  readonly journalBytes: number;
  /** How this very program is run as root, whatever root's PATH is. */
  readonly asRoot: string;
}

/** A folder that deploy writes to, or the nearest above it that is there, and the file system that it is on. */
export interface Place {
  readonly path: string;
  /** Equal for places on one file system. */
  readonly device: number;
  readonly mount: string;
  readonly freeBytes: number;
  /** Null where the file system does not count them. */
  readonly freeFiles: number | null;
  readonly isReadOnly: boolean;
  /** No program may be run there. */
  readonly isNoExec: boolean;
}

export interface FolderState {
  readonly mode: number;
  /** `owner:group`, by name. */
  readonly owner: string;
}

export interface Selinux {
  readonly mode: "off" | "permissive" | "enforcing";
  /** restorecon is installed. */
  readonly canLabel: boolean;
}

export type Shell = "bash" | "zsh" | "fish";

/** The program that is to run, made ready elsewhere. */
export interface Release {
  /** `<version>-<digest>`, the folder's name. */
  readonly name: string;
  readonly version: string;
  /** On disk, in whole blocks. */
  readonly bytes: number;
  readonly fileCount: number;
}
