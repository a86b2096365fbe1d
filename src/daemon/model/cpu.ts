import { readFileSync } from "node:fs";

/** What of this CPU decides which form of a model is fastest on it. */
export interface CpuTraits {
  /** Names of instruction sets that files are named for: `avx2`, `avx512`, `avx512_vnni`, `arm64`. */
  readonly sets: readonly string[];
  /** It multiplies and sums 8-bit numbers into 32 bits in one instruction. */
  readonly int8Dot: boolean;
}

export function readCpu(): CpuTraits {
  return traitsOf(process.arch, flagsOf(readText("/proc/cpuinfo")));
}

/** @param flags as /proc/cpuinfo names them. */
export function traitsOf(arch: string, flags: ReadonlySet<string>): CpuTraits {
  if (arch === "arm64") return { sets: ["arm64"], int8Dot: flags.has("asimddp") };
  const sets = [
    ...(flags.has("avx512_vnni") ? ["avx512_vnni"] : []),
    ...(flags.has("avx512f") && flags.has("avx512bw") ? ["avx512"] : []),
    ...(flags.has("avx2") ? ["avx2"] : []),
  ];
  return { sets, int8Dot: flags.has("avx512_vnni") || flags.has("avx_vnni") };
}

function flagsOf(cpuinfo: string): Set<string> {
  const [, flags = ""] = /^(?:flags|Features)\s*:(.*)$/m.exec(cpuinfo) ?? [];
  return new Set(flags.split(" "));
}

/** Where it can't be read, the CPU is taken for one that has nothing. */
function readText(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
