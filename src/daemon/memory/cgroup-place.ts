import { dirname, join } from "node:path";
import type { KernelFiles } from "./kernel-files.ts";

/** Where the files of this process's cgroups are. Source: cgroups(7), proc_pid_mountinfo(5), cgroup_namespaces(7). */
export interface CgroupPlace {
  /** The hierarchy that has the memory controller; null where none can be seen. */
  readonly version: 1 | 2 | null;
  /** Folders of the memory cgroup and of those it lies in, as far up as this process sees, innermost first. */
  readonly levels: readonly string[];
  /** Folder of the cgroup in the unified hierarchy, which counts pressure even where v1 has the memory controller. */
  readonly unified: string | null;
}

interface Mount {
  /** The cgroup that is at the mount point, as a path in this process's namespace. */
  readonly root: string;
  readonly point: string;
  readonly isUnified: boolean;
  readonly options: readonly string[];
}

/** @param membership the text of /proc/self/cgroup. */
export function findCgroup(membership: string, pid: number, files: KernelFiles): CgroupPlace {
  const mounts = (files.read("/proc/self/mountinfo") ?? "").split("\n").flatMap(parseMount);
  const pathIn = (hierarchy: RegExp): string | undefined => hierarchy.exec(membership)?.[1];
  const unified = place(
    pathIn(/^0::(.*)$/m),
    mounts.filter((mount) => mount.isUnified),
    pid,
    files,
  );
  const legacy = place(
    pathIn(/^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m),
    mounts.filter((mount) => !mount.isUnified && mount.options.includes("memory")),
    pid,
    files,
  );
  const version = legacy ? 1 : unified ? 2 : null;
  return { version, levels: legacy ?? unified ?? [], unified: unified?.[0] ?? null };
}

function parseMount(line: string): Mount[] {
  const [left = "", right = ""] = line.split(" - ");
  const [, , , root, point] = left.split(" ").map(unescape);
  const [type, , options = ""] = right.split(" ");
  if (root === undefined || point === undefined || (type !== "cgroup" && type !== "cgroup2")) return [];
  return [{ root, point, isUnified: type === "cgroup2", options: options.split(",") }];
}

/** mountinfo writes space, tab, newline and backslash in octal. */
function unescape(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCodePoint(Number.parseInt(octal, 8)));
}

/** Of several mounts of a hierarchy, the one that shows the most levels; the last of equals lies over the others. */
function place(path: string | undefined, mounts: readonly Mount[], pid: number, files: KernelFiles) {
  if (path === undefined) return undefined;
  const found = mounts.flatMap((mount) => {
    const folder = folderIn(mount, path, pid, files);
    return folder !== undefined && files.read(join(folder, "cgroup.procs")) !== undefined
      ? [levelsBetween(folder, mount.point)]
      : [];
  });
  return found.toReversed().toSorted((a, b) => b.length - a.length)[0];
}

function folderIn({ root, point }: Mount, path: string, pid: number, files: KernelFiles): string | undefined {
  if (/^(?:\/\.\.)+$/.test(root)) return searchBelow(point, root.split("/").length - 1, path, pid, files);
  if (root === "/") return join(point, path);
  if (path !== root && !path.startsWith(`${root}/`)) return undefined;
  return join(point, path.slice(root.length));
}

/**
 * A mount from outside the namespace (`/../..`): the namespace begins so many folders below it, in one whose name
 * isn't told. It is the one in which the kernel lists this process.
 */
function searchBelow(
  folder: string,
  depth: number,
  path: string,
  pid: number,
  files: KernelFiles,
): string | undefined {
  if (depth === 0) {
    const members = files.read(join(folder, path, "cgroup.procs"))?.split("\n");
    return members?.includes(String(pid)) ? join(folder, path) : undefined;
  }
  for (const name of files.folders(folder)) {
    const found = searchBelow(join(folder, name), depth - 1, path, pid, files);
    if (found !== undefined) return found;
  }
  return undefined;
}

function levelsBetween(folder: string, top: string): string[] {
  return folder === top || folder === dirname(folder) ? [folder] : [folder, ...levelsBetween(dirname(folder), top)];
}
