import { statSync } from "node:fs";
import { freemem, totalmem } from "node:os";
import { resolve } from "node:path";
import { CombotError } from "../errors.ts";
import { MIB, parseBytes } from "../units.ts";
import { HERE } from "./machines.ts";

// What the command line says, read one flag at a time. @throws {CombotError} `USAGE` naming the flag.

/** System, Redis and a proxy on a machine that nothing else is on. */
const BESIDE_BYTES = 700 * MIB;
const MOST = 1000;

export function positiveOf(flag: string, text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (value > 0 && value <= MOST) return value;
  throw new CombotError("USAGE", `${flag} ${text}: give a number above 0, as 0.8.`);
}

export function msOf(flag: string, text: string): number {
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(text) ?? [];
  const ms = Number(digits ?? NaN) * (unit === "s" ? 1000 : 1);
  if (ms <= 60_000) return ms;
  throw new CombotError("USAGE", `${flag} ${text}: give a time, as 1.5ms.`);
}

/** @returns what is used here now, or a guess for another machine, where nothing is said. */
export function besideBytesOf(text: string | undefined, machine: string): number {
  if (text === undefined) return machine === HERE ? totalmem() - freemem() : BESIDE_BYTES;
  const bytes = parseBytes(text);
  if (bytes !== undefined) return bytes;
  throw new CombotError("USAGE", `--beside-memory ${text}: give bytes, as 700M or 2G.`);
}

export function folderOf(flag: string, given: string): string {
  const dir = resolve(given);
  if (statSync(dir, { throwIfNoEntry: false })) return dir;
  throw new CombotError("USAGE", `${flag}: there is no folder ${dir}.`);
}

export function namedFile(flag: string, given: string): string {
  const path = resolve(given);
  if (statSync(path, { throwIfNoEntry: false })?.isFile()) return path;
  throw new CombotError("USAGE", `${flag}: there is no file ${path}.`);
}
