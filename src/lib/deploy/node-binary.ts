import { existsSync, readFileSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import { sha256OfFile } from "./file-sum.ts";

const OTHERS_WRITE = 0o022;

/** Why a Node may not become the one that root's services run, and the command that mends it. */
export interface NodeFault {
  readonly found: string;
  readonly mend: string;
}

/**
 * What is wrong with a Node, if anything. One that npm brought has to be the one that node.sha256 names, since no lock
 * checks it. Another is the machine's own, and need only be one that nobody but its owner can have changed.
 *
 * @param path where it was found. @param sums the text of node.sha256.
 * @param sumOf its own SHA-256, or that of a copy which is looked at in its place.
 */
export function nodeFaultOf(
  path: string,
  sums: string,
  sumOf: () => string = () => sha256OfFile(path),
): NodeFault | undefined {
  return path.includes(`${sep}node_modules${sep}`) ? sumFaultOf(path, sums, sumOf) : modeFaultOf(path);
}

function modeFaultOf(path: string): NodeFault | undefined {
  const mode = statSync(path).mode & 0o7777;
  if ((mode & OTHERS_WRITE) === 0) return undefined;
  return { found: `${path} can be written to by others (mode 0${mode.toString(8)})`, mend: `chmod go-w ${path}` };
}

function sumFaultOf(path: string, sums: string, sumOf: () => string): NodeFault | undefined {
  const platform = `${process.platform}-${process.arch}`;
  const wanted = new RegExp(`^([0-9a-f]{64}) {2}node-v[\\d.]+-${platform}$`, "m").exec(sums)?.[1];
  const mend = "rm -rf node_modules && npm ci";
  if (wanted === undefined) return { found: `node.sha256 has no checksum for ${platform} to check ${path} by`, mend };
  const sum = sumOf();
  return sum === wanted
    ? undefined
    : { found: `${path} has the SHA-256 ${sum}, and node.sha256 names ${wanted}`, mend };
}

/** Of a program's folder; nothing where the file is missing, and then no Node of npm's is taken. */
export function readNodeSums(root: string): string {
  const path = join(root, "node.sha256");
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
