/** Marsaglia's xorshift (Journal of Statistical Software 8/14, 2003), 32 bits of state: fast, and good enough for weights. */
export function xorshift(seed: number): () => number {
  let state = seed >>> 0 || 0x9e3779b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>>= 0);
  };
}

/** One seed for each name, so that no part's numbers depend on the order in which parts are made (FNV-1a). */
export function seedFor(seed: number, name: string): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** Samples of the standard normal distribution, by the method of Box and Muller. */
export function normalSamples(count: number, seed: number): Float32Array {
  const next = xorshift(seed);
  const unit = (): number => (next() + 0.5) / 2 ** 32;
  return Float32Array.from({ length: count }, () => Math.sqrt(-2 * Math.log(unit())) * Math.cos(2 * Math.PI * unit()));
}
