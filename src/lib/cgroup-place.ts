import { dirname, join } from "node:path";
import type { KernelFiles } from "./kernel-files.ts";

/** Where the files of this process's cgroups are. Source: cgroups(7), cgroup_namespaces(7), proc_pid_mountinfo(5). */
export interface CgroupPlace {
  /** Of the hierarchy that has the controller; null where none can be seen. */
  readonly version: 1 | 2 | null;
  /** Folders of the cgroup and of those it lies in, as far up as this process sees, innermost first. */
  readonly levels: readonly string[];
  /** Folder in the unified hierarchy, which counts pressure even where v1 has the memory controller. */
  readonly unified: string | null;
}

interface Mount {
  /** The cgroup that is at the mount point, as a path in this process's namespace. */
  readonly root: string;
  readonly point: string;
  readonly isUnified: boolean;
  readonly options: readonly string[];
}

/** @param membership the text of /proc/self/cgroup. @param controller whose cgroup is looked for. */
export function findCgroup(
  membership: string,
  pid: number,
  files: KernelFiles,
  controller: "memory" | "cpu" = "memory",
): CgroupPlace {
  const mounts = (files.read("/proc/self/mountinfo") ?? "").split("\n").flatMap(parseMount);
  const levelsIn = (line: RegExp, isHierarchy: (mount: Mount) => boolean): readonly string[] | undefined => {
    const path = line.exec(membership)?.[1];
    return path === undefined ? undefined : findLevels(path, mounts.filter(isHierarchy), pid, files);
  };
  const unified = levelsIn(/^0::(.*)$/m, (mount) => mount.isUnified);
  const legacy = levelsIn(
    new RegExp(`^\\d+:(?:[^:]*,)?${controller}(?:,[^:]*)?:(.*)$`, "m"),
    (mount) => !mount.isUnified && mount.options.includes(controller),
  );
  return { version: legacy ? 1 : unified ? 2 : null, levels: legacy ?? unified ?? [], unified: unified?.[0] ?? null };
}

function parseMount(line: string): Mount[] {
  const [left = "", right = ""] = line.split(" - ");
  const [, , , root, point] = left.split(" ").map(decodeOctal);
  const [type, , options = ""] = right.split(" ");
  if (root === undefined || point === undefined || (type !== "cgroup" && type !== "cgroup2")) return [];
  return [{ root, point, isUnified: type === "cgroup2", options: options.split(",") }];
}

/** mountinfo writes space, tab, newline and backslash as `\040` and the like. */
function decodeOctal(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCodePoint(Number.parseInt(octal, 8)));
}

/** Of several mounts of a hierarchy, the one that shows the most levels. */
function findLevels(
  path: string,
  mounts: readonly Mount[],
  pid: number,
  files: KernelFiles,
): readonly string[] | undefined {
  const found = mounts.flatMap((mount) => {
    const folder = folderIn(mount, path, pid, files);
    return folder !== undefined && files.exists(folder) ? [levelsBetween(folder, mount.point)] : [];
  });
  return found.toSorted((a, b) => b.length - a.length)[0];
}

function folderIn({ root, point }: Mount, path: string, pid: number, files: KernelFiles): string | undefined {
  // Moved to a cgroup outside its namespace, which it therefore can't see.
  if (path.startsWith("/..")) return undefined;
  if (/^(?:\/\.\.)+$/.test(root)) return searchBelow(point, root.split("/").length - 1, { path, pid, files });
  const base = root === "/" ? "" : root;
  return path === root || path.startsWith(`${base}/`) ? below(point, path.slice(base.length)) : undefined;
}

interface Search {
  readonly path: string;
  readonly pid: number;
  readonly files: KernelFiles;
}

/**
 * A mount made outside the namespace shows `/../..` as its root: the namespace begins that many folders below the mount
 * point, in one whose name isn't told. It is the one in which the kernel lists this process.
 */
function searchBelow(folder: string, depth: number, search: Search): string | undefined {
  const { path, pid, files } = search;
  if (depth === 0) {
    const candidate = below(folder, path);
    return files.read(join(candidate, "cgroup.procs"))?.split("\n").includes(String(pid)) ? candidate : undefined;
  }
  for (const name of files.folders(folder)) {
    const found = searchBelow(join(folder, name), depth - 1, search);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Without the slash at the end that a path of `/` would leave. */
function below(folder: string, path: string): string {
  return join(folder, path === "/" ? "" : path);
}

function levelsBetween(folder: string, top: string): string[] {
  return folder === top ? [folder] : [folder, ...levelsBetween(dirname(folder), top)];
}
