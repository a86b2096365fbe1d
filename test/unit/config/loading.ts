import { CombotError } from "../../../src/lib/errors.ts";
import type { ReadFile } from "../../../src/lib/config/guarded-file.ts";
import { type LoadedSettings, type LoadOptions, loadSettings } from "../../../src/lib/config/load.ts";
import { GIB } from "../../../src/lib/units.ts";

export const T3_LARGE = { cores: 2, memoryBytes: 7.7 * GIB };
export const T3_XLARGE = { cores: 4, memoryBytes: 15.5 * GIB };
export const ENV_FILE = "/etc/combot/combot.env";

export interface FakeFile {
  readonly text: string;
  readonly mode?: number;
}

/** A file system of a few files; all else is not there. */
export function filesOf(files: Readonly<Record<string, FakeFile | string>>): ReadFile {
  return (path) => {
    const file = files[path];
    if (file === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: "ENOENT" });
    return typeof file === "string" ? { text: file, mode: 0o600 } : { mode: 0o600, ...file };
  };
}

type Loading = Partial<LoadOptions> & {
  readonly file?: string;
  readonly files?: Readonly<Record<string, FakeFile | string>>;
};

/** Loads on a t3.large that has nothing set but what the test says. `file` is the text of the settings file. */
export function load({ file, files = {}, ...options }: Loading): LoadedSettings {
  const all = file === undefined ? files : { ...files, [ENV_FILE]: { text: file, mode: 0o640 } };
  return loadSettings({
    env: {},
    machine: T3_LARGE,
    homeDir: "/home/me",
    isUnit: false,
    readFile: filesOf(all),
    ...(file !== undefined && { envFile: ENV_FILE }),
    ...options,
  });
}

/** The faults that the load ends with; fails where it does not end with CONFIG_INVALID. */
export function faultsOf(loading: Loading): readonly string[] {
  try {
    load(loading);
  } catch (thrown) {
    if (thrown instanceof CombotError && thrown.code === "CONFIG_INVALID") return thrown.faults;
    throw thrown;
  }
  throw new Error("the settings were accepted");
}
