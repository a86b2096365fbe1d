/** As far as a host bears on whether it is asked now. */
export interface Asking {
  readonly host: string;
  /** When it was asked what it has not answered yet; null while nobody waits for it. */
  readonly askedAtMs: number | null;
  /** When it was asked last, answered or not; null: never. */
  readonly lastAskedAtMs: number | null;
  /** The last time nothing came of it. */
  readonly isFailing: boolean;
}

export interface AskLimits {
  readonly intervalMs: number;
  /** So many are asked together of those that answer. */
  readonly atOnce: number;
  /** And of those that failed last time. */
  readonly failingAtOnce: number;
  /** Who takes longer no longer keeps others waiting. */
  readonly patienceMs: number;
}

/**
 * The hosts to ask now, who has waited longest first; none that is being asked. A host that hangs gives its place away
 * after a while, and those that failed have places of their own: neither holds up the others.
 */
export function whomToAsk(hosts: readonly Asking[], nowMs: number, limits: AskLimits): readonly string[] {
  const { intervalMs, atOnce, failingAtOnce, patienceMs } = limits;
  const asked = hosts.filter(({ askedAtMs }) => askedAtMs !== null);
  const isPatient = ({ askedAtMs }: Asking): boolean => nowMs - (askedAtMs ?? nowMs) < patienceMs;
  let places = atOnce - asked.filter((one) => !one.isFailing && isPatient(one)).length;
  let failingPlaces = failingAtOnce - asked.filter(({ isFailing }) => isFailing).length;
  const isDue = ({ askedAtMs, lastAskedAtMs }: Asking): boolean =>
    askedAtMs === null && (lastAskedAtMs === null || nowMs - lastAskedAtMs >= intervalMs);
  const waiting = hosts.filter(isDue).toSorted((a, b) => (a.lastAskedAtMs ?? -1) - (b.lastAskedAtMs ?? -1));
  return waiting.filter(({ isFailing }) => (isFailing ? failingPlaces-- > 0 : places-- > 0)).map(({ host }) => host);
}
