/** One text, or two, through one tokenizer. */
export interface Job {
  readonly text: string;
  readonly pair?: string | undefined;
}

/** What came of it: ids, types, and whether the text was longer than the window. */
export type Outcome = readonly [ids: readonly number[], types: readonly number[], truncated: boolean];

/** What the library is told by itself. */
export interface Setting {
  readonly windowTokens: number;
  readonly side: "right" | "left";
}

export const SETTINGS: readonly Setting[] = [12, 48, 200].flatMap((windowTokens) =>
  (["right", "left"] as const).map((side) => ({ windowTokens, side })),
);
