import { readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { MIB } from "../units.ts";

/** A program that only loads a library is small. */
const STUB_BYTES = 4 * MIB;
const NAME = /libnode\.so[.\d]*/;

export interface NodeLibrary {
  readonly path: string;
  /** By which the program asks for it. */
  readonly name: string;
}

/**
 * The library that this Node is in: some distributions make `node` a stub that loads libnode.so, and the stub alone ends
 * with the next upgrade of their package.
 *
 * @param executable the program that runs. @param maps of its process, as proc(5) has them.
 */
export function findNodeLibrary(
  executable = process.execPath,
  maps = readFileSync("/proc/self/maps", "utf8"),
): NodeLibrary | null {
  const path = /\s(\/.*\/libnode\.so[.\d]*)$/m.exec(maps)?.[1];
  if (path === undefined) return null;
  return { path, name: (statSync(executable).size < STUB_BYTES && nameIn(executable)) || basename(path) };
}

function nameIn(executable: string): string | undefined {
  return NAME.exec(readFileSync(executable, "latin1"))?.[0];
}
