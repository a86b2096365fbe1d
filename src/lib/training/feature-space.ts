import type { Lexicon } from "./lexicon.ts";
import { hashPair, pairHash } from "./pair-hash.ts";
import { classifyToken, listTokenFeatures } from "./token-features.ts";
import type { KindWeights } from "./token-features.ts";

/** A text as the features it holds and their weights, scaled to about unit length. */
export interface TextVector {
  readonly features: Int32Array;
  readonly values: Float32Array;
}

export interface SpaceOptions {
  readonly vocabulary: readonly string[];
  readonly lexicon: Lexicon;
  readonly weights: KindWeights;
  readonly labelCount: number;
  /** Ids of the training texts. */
  readonly texts: readonly (readonly number[])[];
}

/** Row numbers of pairs must fit the uint16 of the exported slot table; row 0 means "not seen". */
const mostPairs = 65_535;
/** The table of pairs is most of a model; with many labels its rows are long, and there are fewer of them. */
const mostPairBytes = 18_000_000;

/**
 * Everything the classifier can see of a text: features of its tokens, and pairs of neighbouring
 * token classes as far as training texts hold them. Each feature has a scale: the weight of its
 * kind times its rarity (inverse document frequency).
 */
export class FeatureSpace {
  /** Features of each token, by token id. */
  readonly tokenFeatures: readonly Int32Array[];
  /** Class of each token, by token id. */
  readonly tokenClasses: Int32Array;
  /** Pair row by hash slot: 0 where no training text holds such a pair. Two pairs in one slot share a row. */
  readonly slotRows: Uint16Array;
  readonly pairCount: number;
  readonly scales: Float32Array;
  readonly #tokenFeatureCount: number;

  constructor({ vocabulary, lexicon, weights, labelCount, texts }: SpaceOptions) {
    const { tokenFeatures, kinds } = numberTokenFeatures(vocabulary, lexicon);
    this.tokenFeatures = tokenFeatures;
    this.#tokenFeatureCount = kinds.length;
    this.tokenClasses = numberClasses(vocabulary, lexicon);
    ({ slotRows: this.slotRows, pairCount: this.pairCount } = numberPairs(
      texts,
      this.tokenClasses,
      Math.min(mostPairs, Math.floor(mostPairBytes / (4 * (labelCount + 1)))),
    ));
    this.scales = scaleByRarity(
      [...kinds.map((kind) => weights[kind]), ...new Array<number>(this.pairCount).fill(weights.pair)],
      texts.map((ids) => this.#listFeatures(ids)),
    );
  }

  get size(): number {
    return this.scales.length;
  }

  /** Feature number of a pair row. */
  pairFeature(row: number): number {
    return this.#tokenFeatureCount + row - 1;
  }

  vectorise(ids: readonly number[]): TextVector {
    const sums = new Map<number, number>();
    let squares = 0;
    for (const feature of this.#listFeatures(ids)) {
      const scale = this.scales[feature] ?? 0;
      sums.set(feature, (sums.get(feature) ?? 0) + scale);
      squares += scale * scale;
    }
    const length = Math.sqrt(squares) || 1;
    return { features: Int32Array.from(sums.keys()), values: Float32Array.from(sums.values(), (sum) => sum / length) };
  }

  *#listFeatures(ids: readonly number[]): Generator<number> {
    let left: number | undefined;
    for (const id of ids) {
      yield* this.tokenFeatures[id] ?? [];
      const right = this.tokenClasses[id] ?? 0;
      const row = left === undefined ? 0 : (this.slotRows[hashPair(left, right)] ?? 0);
      if (row > 0) yield this.pairFeature(row);
      left = right;
    }
  }
}

function numberTokenFeatures(
  vocabulary: readonly string[],
  lexicon: Lexicon,
): { tokenFeatures: Int32Array[]; kinds: (keyof KindWeights)[] } {
  const numbers = new Map<string, number>();
  const kinds: (keyof KindWeights)[] = [];
  const tokenFeatures = vocabulary.map((token) =>
    Int32Array.from(listTokenFeatures(token, lexicon), ({ key, kind }) => {
      const known = numbers.get(key);
      if (known !== undefined) return known;
      numbers.set(key, kinds.length);
      return kinds.push(kind) - 1;
    }),
  );
  return { tokenFeatures, kinds };
}

function numberClasses(vocabulary: readonly string[], lexicon: Lexicon): Int32Array {
  const numbers = new Map<string, number>();
  return Int32Array.from(vocabulary, (token) => {
    const key = classifyToken(token, lexicon);
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  });
}

/** Gives the commonest slots a row each, in order of their first appearance. */
function numberPairs(
  texts: readonly (readonly number[])[],
  classes: Int32Array,
  most: number,
): { slotRows: Uint16Array; pairCount: number } {
  const counts = new Map<number, number>();
  for (const ids of texts) {
    for (let i = 1; i < ids.length; i++) {
      const slot = hashPair(classes[ids[i - 1] ?? 0] ?? 0, classes[ids[i] ?? 0] ?? 0);
      counts.set(slot, (counts.get(slot) ?? 0) + 1);
    }
  }
  const slots = [...counts].toSorted(([, a], [, b]) => b - a).slice(0, most);
  const slotRows = new Uint16Array(pairHash.slots);
  for (const [index, [slot]] of slots.entries()) slotRows[slot] = index + 1;
  return { slotRows, pairCount: slots.length };
}

function scaleByRarity(weights: readonly number[], texts: readonly Iterable<number>[]): Float32Array {
  const counts = new Int32Array(weights.length);
  for (const features of texts) {
    for (const feature of new Set(features)) counts[feature] = (counts[feature] ?? 0) + 1;
  }
  return Float32Array.from(
    weights,
    (weight, feature) => weight * (Math.log((1 + texts.length) / (1 + (counts[feature] ?? 0))) + 1),
  );
}
