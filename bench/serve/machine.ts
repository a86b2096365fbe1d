import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { arch, cpus, release, totalmem } from "node:os";
import { pm2Version } from "./pm2.ts";

export interface Surroundings {
  readonly at: string;
  readonly commit: string;
  /** In what is measured. */
  readonly uncommittedChanges: boolean;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryBytes: number;
    readonly kernel: string;
  };
  readonly versions: Readonly<Record<string, string>>;
}

/** Where and with what it is measured. */
export function surroundings(): Surroundings {
  return {
    at: new Date().toISOString(),
    commit: git("rev-parse", "HEAD"),
    uncommittedChanges: git("status", "--porcelain", "--", "src", "bin") !== "",
    machine: {
      cpu: cpus()[0]?.model ?? "",
      cores: cpus().length,
      memoryBytes: totalmem(),
      kernel: `${release()} ${arch()}`,
    },
    versions: {
      node: process.version.slice(1),
      "onnxruntime-node": versionOf("onnxruntime-node"),
      tokenizers: versionOf("tokenizers"),
      fastify: versionOf("fastify"),
      pm2: pm2Version(),
    },
  };
}

function versionOf(packageName: string): string {
  const path = findPackageJSON(packageName, import.meta.url);
  return path === undefined ? "" : (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}

/** Empty where there is no repository, as in an unpacked archive. */
function git(...args: string[]): string {
  try {
    return execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "";
  }
}
