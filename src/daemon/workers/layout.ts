import type { RunTexts } from "../../lib/protocol/worker-channel.ts";

/** Texts laid out as rows of one length, row after row. */
export interface Layout {
  readonly rows: number;
  readonly width: number;
  readonly ids: Int32Array;
  /** 1 where there is a token, 0 where there is padding. */
  readonly mask: Int32Array;
  readonly types: Int32Array;
  /** 0, 1, 2 … over a text's own tokens; 0 for padding. */
  readonly positions: Int32Array;
}

export interface Padding {
  readonly padId: number;
  readonly padLeft: boolean;
}

/** @param width of every row; the longest text's by default. */
export function layOut(texts: RunTexts, { padId, padLeft }: Padding, width = Math.max(...texts.lengths)): Layout {
  const rows = texts.lengths.length;
  const ids = new Int32Array(rows * width).fill(padId);
  const [mask, types, positions] = [new Int32Array(ids.length), new Int32Array(ids.length), new Int32Array(ids.length)];
  let from = 0;
  for (const [row, length] of texts.lengths.entries()) {
    const to = row * width + (padLeft ? width - length : 0);
    ids.set(texts.ids.subarray(from, from + length), to);
    mask.fill(1, to, to + length);
    if (texts.types.length > 0) types.set(texts.types.subarray(from, from + length), to);
    for (let at = 0; at < length; at++) positions[to + at] = at;
    from += length;
  }
  return { rows, width, ids, mask, types, positions };
}

/** Each text by itself. */
export function separate({ ids, types, lengths }: RunTexts): RunTexts[] {
  let from = 0;
  return Array.from(lengths, (length) => {
    const to = from + length;
    const one = { ids: ids.slice(from, to), types: types.slice(from, to), lengths: Int32Array.of(length) };
    from = to;
    return one;
  });
}
