/** What a model said of a row. */
export interface Scored {
  readonly text: string;
  /** Null: of none of the model's labels. */
  readonly expected: string | null;
  readonly predicted: string;
  /** Of the predicted label, as it is told: in millionths. */
  readonly score: number;
  /** Of the expected label; 0 where there is none such. */
  readonly expectedScore: number;
}

export interface InScope extends Scored {
  readonly expected: string;
}

export function isInScope(row: Scored): row is InScope {
  return row.expected !== null;
}

export function isRight({ expected, predicted }: Scored): boolean {
  return expected === predicted;
}

export function countRight(rows: readonly Scored[]): number {
  let right = 0;
  for (const row of rows) if (isRight(row)) right += 1;
  return right;
}
