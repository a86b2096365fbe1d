/**
 * The hash that finds a pair of neighbouring token classes. The trainer computes it here and the
 * exported graph with Mul, Add and Mod on int64, so both must stay exact: classes are under 2^16,
 * which keeps every product far below 2^53.
 */
export const pairHash = { left: 10_007, right: 1_000_003, slots: 262_139 } as const;

export function hashPair(left: number, right: number): number {
  return (left * pairHash.left + right * pairHash.right) % pairHash.slots;
}
