import {
  accessSync,
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
} from "node:fs";
import { readFileSync, readlinkSync, renameSync, rmSync, symlinkSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { CombotError, systemCodeOf } from "../errors.ts";
import { isAbsence } from "../system-errors.ts";
import type { FileState } from "./facts.ts";
import { idsByName } from "./machine.ts";

/** A file that this user may not even look at. */
const UNKNOWN: FileState = { content: null, mode: -1, owner: "*" };

/** One file as it is, or a link with what it leads to; null where there is none. */
export function readState(path: string): FileState | null {
  try {
    const status = lstatSync(path);
    const link = status.isSymbolicLink() ? { link: readlinkSync(path) } : {};
    return { content: readContent(path), mode: status.mode & 0o7777, owner: ownerOf(status), ...link };
  } catch (thrown) {
    if (systemCodeOf(thrown) === "EACCES") return UNKNOWN;
    if (isAbsence(thrown)) return null;
    throw thrown;
  }
}

/** Whether there is, or may be, something that this user may not read. */
export function isDenied(path: string, state: FileState): boolean {
  if (state === UNKNOWN) return true;
  if (state.content !== null) return false;
  try {
    accessSync(path, constants.R_OK);
    return false;
  } catch (thrown) {
    return systemCodeOf(thrown) === "EACCES";
  }
}

export function ownerOf({ uid, gid }: { readonly uid: number; readonly gid: number }): string {
  return `${nameOf(uid, "/etc/passwd")}:${nameOf(gid, "/etc/group")}`;
}

/** Null for what is no file, and for what this user may not read. */
function readContent(path: string): string | null {
  return nullFor(["EACCES", "EISDIR", "ENXIO", "ELOOP"], () => readFileSync(path, "utf8"));
}

/** What else goes wrong, such as too many open files or a disk that fails, must not pass for a machine without the file. */
export function nullFor<T>(codes: readonly string[], read: () => T): T | null {
  try {
    return read();
  } catch (thrown) {
    if (isAbsence(thrown) || codes.includes(systemCodeOf(thrown) ?? "")) return null;
    throw thrown;
  }
}

function nameOf(id: number, table: "/etc/passwd" | "/etc/group"): string {
  for (const [name, known] of idsByName(table)) if (known === id) return name;
  return String(id);
}

/** `user:group` as numbers. @throws {CombotError} `DEPLOY_FAILED` for a name that the machine doesn't have. */
export function idsOf(owner: string): { readonly uid: number; readonly gid: number } {
  const [user = "", group = ""] = owner.split(":");
  return { uid: idOf(user, "/etc/passwd"), gid: idOf(group, "/etc/group") };
}

function idOf(name: string, table: "/etc/passwd" | "/etc/group"): number {
  const id = /^\d+$/.test(name) ? Number(name) : idsByName(table).get(name);
  if (id === undefined) throw new CombotError("DEPLOY_FAILED", `${table} has no ${name}`);
  return id;
}

export interface FileToWrite {
  readonly content: string;
  readonly mode: number;
  /** Null: it belongs to whoever writes it. */
  readonly owner: string | null;
  /** It is a link that leads there, and has no content of its own. */
  readonly link?: string | undefined;
}

/** Written beside and renamed, its mode and owner set before that: nobody sees it half done or open to others. */
export function writeWhole(path: string, { content, mode, owner, link }: FileToWrite): void {
  if (link !== undefined) return switchLink(path, link);
  const beside = `${path}.combot-new`;
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  rmSync(beside, { force: true });
  const descriptor = openSync(beside, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    const bytes = Buffer.from(content);
    for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done);
    if (owner !== null) {
      const { uid, gid } = idsOf(owner);
      fchownSync(descriptor, uid, gid);
    }
    fchmodSync(descriptor, mode);
    fsyncSync(descriptor);
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** A folder that only root may enter, whatever was there before. */
export function makePrivate(folder: string, isRoot: boolean): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  if (isRoot) chownSync(folder, 0, 0);
}

/** Points `path` at `target` without a moment in which it points at nothing. */
export function switchLink(path: string, target: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const beside = `${path}.combot-new`;
  rmSync(beside, { force: true });
  symlinkSync(target, beside);
  renameSync(beside, path);
}

export function linkTarget(path: string): string | null {
  return nullFor(["EACCES", "EINVAL"], () => readlinkSync(path));
}

/** A record of deploy's own, or a package's; null where there is none that can be read. */
export function readJson(path: string): unknown {
  const text = nullFor(["EACCES", "EISDIR"], () => readFileSync(path, "utf8"));
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

export function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
