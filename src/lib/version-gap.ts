/**
 * What to say where this command and the daemon that it asks are of different versions; null where they are of one. A
 * package that was updated leaves the daemon that runs as it is, and a combot of one's own may be older than the
 * machine's.
 */
export function versionGap(own: string, daemon: string): string | null {
  if (own === daemon) return null;
  return isNewer(own, daemon)
    ? `This command is ${own} and the daemon still ${daemon}: deploy or restart it (combot docs upgrade).`
    : `This command is ${own}, older than the daemon, which is ${daemon}: update it (combot docs upgrade).`;
}

/** By numbers; of equal ones that which is no preview. */
export function isNewer(one: string, other: string): boolean {
  const [a, b] = [one, other].map((version) => {
    const [numbers = "", preview] = version.split("-", 2);
    return [...numbers.split(".").map(Number), preview === undefined ? 1 : 0];
  });
  const at = (a ?? []).findIndex((part, index) => part !== b?.[index]);
  return at >= 0 && (a?.[at] ?? 0) > (b?.[at] ?? 0);
}
