import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

/** Raised when prepared files of the same parts would be made in another way. */
const PREPARATION_VERSION = 3;

function runtimeVersion(): string {
  const { version } = createRequire(import.meta.url)("onnxruntime-node/package.json") as { version: string };
  return version;
}

/** Model and instruction sets of the CPU: weights are packed for them. */
function cpuFeatures(): string {
  const text = readFileSync("/proc/cpuinfo", "latin1");
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
