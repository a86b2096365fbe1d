import type { MachineFacts } from "../protocol/machine.ts";
import { formatBytes } from "../units.ts";

const NOT_KNOWN = "this machine tells nothing of itself";

/** `Amazon EC2 t3.large (amazon), Intel Xeon Platinum 8259CL, 2 cores, L3 35.8 MiB, 7.7 GiB, Debian GNU/Linux 12 (bookworm)`. */
export function machineInALine({ model, virtual, cpu, memory, distribution }: MachineFacts): string {
  const where = [model, virtual !== null && model !== null ? `(${virtual})` : virtual].filter(Boolean).join(" ");
  const parts = [where, cpu && cpuWords(cpu), memory && formatBytes(memory.bytes), distribution];
  return parts.filter(Boolean).join(", ") || NOT_KNOWN;
}

function cpuWords({ name, cores, cacheBytes: { l3 } }: NonNullable<MachineFacts["cpu"]>): string {
  return `${name}, ${cores} ${cores === 1 ? "core" : "cores"}${l3 === null ? "" : `, L3 ${formatBytes(l3)}`}`;
}

/** What has no room in the line: caches, swap, banks, disks, file systems, Docker; one a line. */
export function machineDetails({ kernel, cpu, memory, disks, fileSystems, docker }: MachineFacts): string[] {
  const caches = Object.entries(cpu?.cacheBytes ?? {}).flatMap(([name, bytes]) =>
    bytes === null ? [] : [`${name.toUpperCase()} ${formatBytes(bytes)}`],
  );
  return [
    ...(kernel === null ? [] : [`Linux ${kernel}`]),
    ...(caches.length > 0 ? [`caches: ${caches.join(", ")}; physical cores: ${cpu?.physicalCores ?? 0}`] : []),
    ...(memory ? [`swap: ${memory.swapBytes === 0 ? "none" : formatBytes(memory.swapBytes)}`] : []),
    ...(memory?.banks ?? []).map(
      ({ bytes, type, megahertz }) =>
        `memory bank: ${formatBytes(bytes)} ${type}${megahertz === null ? "" : ` at ${megahertz} MHz`}`,
    ),
    ...(disks ?? []).map(({ name, type, bytes }) => `disk: ${name}, ${type}, ${formatBytes(bytes)}`),
    ...(fileSystems ?? []).map(
      ({ mount, type, bytes, freeBytes, writable }) =>
        `${mount}: ${type}, ${formatBytes(freeBytes)} of ${formatBytes(bytes)} free${writable ? "" : ", read-only"}`,
    ),
    ...(docker ? [`Docker ${docker.version}, containers running: ${docker.running}`] : []),
  ];
}
