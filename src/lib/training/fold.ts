import type { Classifier } from "./classifier.ts";
import type { FeatureSpace } from "./feature-space.ts";

/** What is left of features and weights once each token and each pair is one row. */
export interface FoldedModel {
  /** `[tokens, labels + 1]`: a token's share of each logit, and of the squared length last. */
  readonly tokenTable: Float32Array;
  /** `[pairs + 1, labels + 1]`, the same for pairs; row 0, of pairs not seen, is zero. */
  readonly pairTable: Float32Array;
  readonly bias: Float32Array;
  readonly tokenClasses: Int32Array;
  readonly slotRows: Uint16Array;
}

/** Adds up the features of each token and divides all by the temperature. */
export function fold(space: FeatureSpace, classifier: Classifier, temperature: number): FoldedModel {
  const { labelCount, weights } = classifier;
  const width = labelCount + 1;
  const addRow = (table: Float32Array, row: number, feature: number): void => {
    const scale = space.scales[feature]!;
    for (let label = 0; label < labelCount; label++) {
      table[row * width + label]! += (scale * weights[feature * labelCount + label]!) / temperature;
    }
    table[row * width + labelCount]! += scale * scale;
  };
  const tokenTable = new Float32Array(space.tokenFeatures.length * width);
  for (const [token, features] of space.tokenFeatures.entries()) {
    for (const feature of features) addRow(tokenTable, token, feature);
  }
  const pairTable = new Float32Array((space.pairCount + 1) * width);
  for (let row = 1; row <= space.pairCount; row++) addRow(pairTable, row, space.pairFeature(row));
  const bias = classifier.bias.map((value) => value / temperature);
  return { tokenTable, pairTable, bias, tokenClasses: space.tokenClasses, slotRows: space.slotRows };
}
