import { existsSync, readFileSync, realpathSync, statfsSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import type { Place } from "./facts.ts";
import type { Root } from "./machine.ts";
import { PATHS } from "./paths.ts";

interface Mount {
  readonly at: string;
  readonly options: readonly string[];
}

/** Where deploy writes: what there is free, and what may not be done there. */
export function readPlaces(root: Root): readonly Place[] {
  const mounts = readMounts();
  const paths = [PATHS.releases, PATHS.state, PATHS.settings, PATHS.units].map((path) => root.at(path));
  return [...paths, ...(root.isMachine ? [tmpdir()] : [])].map((path) => readPlace(path, mounts));
}

function readPlace(path: string, mounts: readonly Mount[]): Place {
  const there = realpathSync(nearest(path));
  // The last one that is mounted on a path covers those before it.
  const mount = mounts.filter(({ at }) => isBelow(there, at)).reduce(deeper, { at: "/", options: [] });
  const { bavail, bsize, files, ffree } = statfsSync(there);
  return {
    path,
    device: statSync(there).dev,
    mount: mount.at,
    freeBytes: bavail * bsize,
    freeFiles: files > 0 ? ffree : null,
    isReadOnly: mount.options.includes("ro"),
    isNoExec: mount.options.includes("noexec"),
  };
}

const isBelow = (path: string, at: string): boolean => at === "/" || path === at || path.startsWith(`${at}/`);
const deeper = (one: Mount, other: Mount): Mount => (other.at.length >= one.at.length ? other : one);

/** proc(5): … mount point, its options, optional fields, `-`, type, source, the file system's options. */
function readMounts(): readonly Mount[] {
  const rows = readFileSync("/proc/self/mountinfo", "utf8").trim().split("\n");
  return rows.map((row) => {
    const [, , , , at = "/", options = ""] = row.split(" ");
    const ofFileSystem = row.split(" - ")[1]?.split(" ")[2] ?? "";
    return { at: unescape(at), options: [...options.split(","), ...ofFileSystem.split(",")] };
  });
}

const unescape = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));

function nearest(path: string): string {
  return path === "/" || existsSync(path) ? path : nearest(dirname(path));
}
