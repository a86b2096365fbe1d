/** Pressure-stall information about memory (Linux, Documentation/accounting/psi.rst). */
export interface Pressure {
  /** Percent of the last 10 s in which some, and all, tasks waited for memory. */
  readonly some10: number;
  readonly full10: number;
}

/** Null where the kernel counts none. */
export function parsePressure(text: string | undefined): Pressure | null {
  const share = (kind: string): number =>
    Number(new RegExp(`^${kind} avg10=([\\d.]+)`, "m").exec(text ?? "")?.[1] ?? NaN);
  const some10 = share("some");
  const full10 = share("full");
  return Number.isNaN(some10) || Number.isNaN(full10) ? null : { some10, full10 };
}

/** A cgroup can stall on its own limit while the machine has room, and the other way round. */
export function worsePressure(one: Pressure | null, other: Pressure | null): Pressure | null {
  if (!one || !other) return one ?? other;
  return { some10: Math.max(one.some10, other.some10), full10: Math.max(one.full10, other.full10) };
}
