import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const PROJECT = fileURLToPath(new URL("../../..", import.meta.url)).replace(/\/$/, "");

/** Where images, keys and disks lie, 2 to 8 GB: VM_DIR, else a cache that `npm ci` throws away. */
export function vmFolder(...below: readonly string[]): string {
  const folder = join(process.env["VM_DIR"] ?? join(PROJECT, "node_modules", ".cache", "vm"), ...below);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** What takes a core for long is run by VM_WRAPPER, where that is set: `nice`, or a script that enters a cgroup. */
export function wrapped(command: string, args: readonly string[]): [string, string[]] {
  const [wrapper, ...first] = (process.env["VM_WRAPPER"] ?? "").split(" ").filter((word) => word !== "");
  return wrapper === undefined ? [command, [...args]] : [wrapper, [...first, command, ...args]];
}

/**
 * KVM where the processor has it for us; a /dev/kvm alone is no sign, some hosts offer one on which no guest starts.
 * Everywhere else qemu translates instructions, which takes 40 to 60 times as long.
 */
export function accelerator(): string {
  const hasVirtualisation = /^flags\s*:.*\b(vmx|svm)\b/m.test(readFileSync("/proc/cpuinfo", "latin1"));
  return hasVirtualisation ? "kvm" : "tcg,thread=multi";
}
