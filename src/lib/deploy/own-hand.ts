import { join } from "node:path";
import { ALL_UNITS, REDIS, SERVICE } from "../unit-names.ts";
import { listFolder } from "./gather-facts.ts";
import type { Root } from "./machine.ts";
import { PATHS } from "./paths.ts";

/** Where systemd takes drop-ins from: `systemctl edit`, and `systemctl set-property`. */
const DROP_IN_FOLDERS = [PATHS.units, "/etc/systemd/system.control"] as const;

/** What operators write beside what deploy writes, and what a unit may need to run as it did. */
export function filesByHand(root: Root): string[] {
  const credentials = listFolder(root.at(PATHS.credentials)).filter((name) => !isKept(name));
  return [...credentials.map((name) => join(PATHS.credentials, name)), ...dropIns(root)];
}

/** Drop-ins of our units; systemd reads what ends in `.conf`. */
function dropIns(root: Root): string[] {
  const folders = DROP_IN_FOLDERS.flatMap((folder) => ALL_UNITS.map((unit) => join(folder, `${unit}.d`)));
  return folders.flatMap((folder) =>
    listFolder(root.at(folder))
      .filter((name) => name.endsWith(".conf"))
      .map((name) => join(folder, name)),
  );
}

export function isDropIn(path: string): boolean {
  return unitOfDropIn(path) !== undefined;
}

function unitOfDropIn(path: string): string | undefined {
  return ALL_UNITS.find((unit) => path.includes(`/${unit}.d/`));
}

export function isCredential(path: string): boolean {
  return path.startsWith(`${PATHS.credentials}/`);
}

/** The unit that reads the file when it starts. */
export function readerOf(path: string): string | undefined {
  if (path === PATHS.env || isCredential(path)) return SERVICE;
  if (path === PATHS.redisConf || path === PATHS.redisAcl) return REDIS;
  return unitOfDropIn(path) ?? ALL_UNITS.find((unit) => path === join(PATHS.units, unit));
}

const KEPT = ".edited";

/** The name for an operator's version beside the file: no reader of the folder takes it for anything. */
export function keptName(path: string, count: number): string {
  return `${path}${KEPT}${count === 1 ? "" : `-${count}`}`;
}

function isKept(name: string): boolean {
  return /\.edited(-\d+)?$/.test(name);
}
