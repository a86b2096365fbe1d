import type { GivenSettings } from "./standing.ts";

/** Another one on each host, rightly. */
const OWN = ["COMBOT_LISTEN"];

interface Host {
  readonly host: string;
  readonly settings: GivenSettings | null;
}

/**
 * Names of the settings in which each host differs from most of the others; where as many have the one as the other, from
 * the first. What no host was given follows from its machine and is no drift.
 */
export function driftOf(hosts: readonly Host[]): ReadonlyMap<string, readonly string[]> {
  const known = hosts.flatMap(({ host, settings }) => (settings ? [{ host, settings }] : []));
  const names = new Set(known.flatMap(({ settings }) => [...settings].filter(([, { isGiven }]) => isGiven).map(first)));
  const norms = [...names].filter((name) => !OWN.includes(name)).map((name) => [name, normOf(name, known)] as const);
  return new Map(
    known.map(({ host, settings }) => [
      host,
      norms.filter(([name, norm]) => settings.get(name)?.value !== norm).map(first),
    ]),
  );
}

function normOf(name: string, known: readonly { readonly settings: GivenSettings }[]): string | undefined {
  const counts = new Map<string | undefined, number>();
  for (const { settings } of known) {
    const value = settings.get(name)?.value;
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const most = Math.max(...counts.values());
  return [...counts].find(([, count]) => count === most)?.[0];
}

function first<T>([value]: readonly [T, unknown]): T {
  return value;
}
