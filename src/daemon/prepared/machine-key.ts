import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { isAbsence } from "../../lib/system-errors.ts";

/** Raised when prepared files of the same parts would be made in another way. */
const PREPARATION_VERSION = 3;

function runtimeVersion(): string {
  const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json") as { version: string };
  return version;
}

/** What is prepared on a CPU that can't be told is for this process alone: the next one may run on another machine. */
const UNKNOWN_CPU = randomUUID();

/** Undefined where /proc has processes alone (subset=pid). */
function readCpuinfo(): string | undefined {
  try {
    return readFileSync("/proc/cpuinfo", "latin1");
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

/** Model and instruction sets of the CPU: weights are packed for them. */
function cpuFeatures(): string {
  const text = readCpuinfo();
  if (text === undefined) return UNKNOWN_CPU;
  return (text.match(/^(model name|flags|Features)\s*:.*$/gm) ?? []).slice(0, 2).join("\n");
}

/**
 * Names what was prepared from which model, by what, for which machine; any of them changing makes another name.
 *
 * @param digest of the model, 64 hex digits. @returns 24 hex digits.
 */
export function preparedKey(digest: string): string {
  const parts = [PREPARATION_VERSION, digest, runtimeVersion(), cpuFeatures()];
  return createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 24);
}
