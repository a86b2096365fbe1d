export const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;

const SUFFIXES: Readonly<Record<string, number>> = { "": 1, K: KIB, M: MIB, G: GIB, T: 1024 * GIB };

/** Bytes of `1048576`, `512M`, `6G` (powers of 1024, as systemd reads them); undefined where it is none of these. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?$/i.exec(text.trim());
  if (!match) return undefined;
  const bytes = Math.round(Number(match[1]) * (SUFFIXES[(match[2] ?? "").toUpperCase()] ?? 1));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** `1.5 GiB`, `12.3 MiB`, `980 B`: three figures at most. */
export function formatBytes(bytes: number): string {
  const size = Math.abs(bytes);
  const [unit, name] = size >= GIB ? [GIB, "GiB"] : size >= MIB ? [MIB, "MiB"] : size >= KIB ? [KIB, "KiB"] : [1, "B"];
  const value = bytes / unit;
  return `${unit === 1 || Math.abs(value) >= 100 ? Math.round(value) : value.toFixed(1)} ${name}`;
}

/** `3d 4h`, `2h 5m`, `42s`, `380ms`: the two largest parts. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1000);
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [seconds % 60, "s"],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join(" ");
}
