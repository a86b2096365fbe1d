import { bundledTexts } from "../../../model/vocabulary.ts";
import { seedFor, xorshift } from "../../../model/random.ts";
import { phrases } from "../../../tokenizers/corpus.ts";

/** Ranges of what people and attackers write; each is drawn from evenly. */
const RANGES: readonly (readonly [number, number])[] = [
  [0x20, 0x7e],
  [0x01, 0x1f],
  [0x7f, 0x9f],
  [0xa0, 0x24f],
  [0x300, 0x36f],
  [0x370, 0x52f],
  [0x590, 0x6ff],
  [0x900, 0x97f],
  [0xd80, 0xdff],
  [0xe00, 0xe7f],
  [0xf40, 0xfbc],
  [0x1100, 0x11ff],
  [0x1e00, 0x1fff],
  [0x2000, 0x206f],
  [0x20d0, 0x214f],
  [0x2e80, 0x30ff],
  [0x3130, 0x33ff],
  [0x4e00, 0x9fff],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfb00, 0xfdff],
  [0xfe00, 0xffef],
  [0x1d400, 0x1d7ff],
  [0x1f1e6, 0x1f1ff],
  [0x1f300, 0x1f9ff],
  [0x20000, 0x2ffff],
  [0xe0100, 0xe01ef],
];

const ODD = [
  "\u200D",
  "\u200B",
  "\uFEFF",
  "\u0085",
  "\u00A0",
  "\u3000",
  "\u2028",
  "\u00AD",
  "\uFFFD",
  "\t",
  "\n",
  "\r\n",
  "  ",
  " ",
  "🤷‍♀️",
  "👩‍👩‍👧‍👦",
  "🙏🏽",
  "❤️",
  "🇫🇷",
  "e\u0301",
  "a\u0316\u0301",
  "\u1100\u1161\u11A8",
  "각",
  "İ",
  "ı",
  "ß",
  "ΟΣ",
  "ﬁ",
  "ﷺ",
  "½",
  "Ⅳ",
  "ｆｕｌｌ",
  "ශ්‍රී",
  "𠮷",
  "𨋢",
  "豈",
  "``",
  "''",
  "'s",
  "'ll",
  "12",
  "1٣",
  "3.50",
  "▁",
  "Ġ",
  "##a",
  "<0x41>",
];
const SPECIALS = [
  "[CLS]",
  "[SEP]",
  "[MASK]",
  "[PAD]",
  "[UNK]",
  "<s>",
  "</s>",
  "<mask>",
  "<pad>",
  "<unk>",
  "<|endoftext|>",
  "<extra_id_0>",
  "<|begin|>",
  "<cls>",
  "<sep>",
  "[ SEP ]",
  "</S>",
  "order",
  "ok",
];

/** One in so many is long. */
const LONG_EVERY = 60;
const LONGEST = 6000;

/** Texts as chatbots get them, and as they don't; always the same ones for a seed. */
export class Texts {
  readonly #next: () => number;
  readonly #asked = [...bundledTexts().slice(0, 3000), ...phrases()];
  #made = 0;

  constructor(seed: number, name: string) {
    this.#next = xorshift(seedFor(seed, name));
  }

  next(): string {
    this.#made += 1;
    const text = this.#made % LONG_EVERY === 0 ? this.#long() : this.#short();
    // What is refused before it comes to a tokenizer is no use here.
    return /\S/u.test(text) ? text.replaceAll("\0", "") : "a";
  }

  #short(): string {
    const kind = this.#next() % 8;
    if (kind === 0) return this.#of(this.#asked);
    if (kind < 4) return this.#join(1 + (this.#next() % 12), () => this.#word());
    return this.#join(1 + (this.#next() % 24), () => this.#piece());
  }

  /** Runs, texts without blanks, and ordinary ones, longer than a window. */
  #long(): string {
    const length = 200 + (this.#next() % LONGEST);
    const kinds = [
      () => this.#of(this.#asked),
      () => `${this.#of(this.#asked)} `,
      () => this.#character(this.#of(RANGES)),
      () => this.#of(["我的订单在哪里请问退款需要多久", "คำสั่งซื้อของฉันอยู่ที่ไหน", "注文はどこですか", "👩‍👧🤷‍♀️👍"]),
      () => this.#piece(),
      () => this.#word(),
    ];
    const [first, second] = [this.#of(kinds), this.#of(kinds)];
    const isRun = this.#next() % 4 === 0;
    const run = isRun ? this.#of(["a", " ", "!", "ab", "哈", "😂", "e\u0301", "\n", "order", "xyz "]) : "";
    let text = "";
    while (text.length < length)
      text += isRun && text.length < length / 2 ? run.repeat(50) : this.#next() % 3 === 0 ? second() : first();
    return text;
  }

  #word(): string {
    return this.#of(this.#of(this.#asked).split(" ")) + (this.#next() % 3 === 0 ? this.#of(ODD) : " ");
  }

  #piece(): string {
    const kind = this.#next() % 6;
    if (kind < 2) return this.#character(this.#of(RANGES));
    if (kind < 4) return this.#of(ODD);
    return kind === 4 ? this.#of(SPECIALS) : this.#word();
  }

  #character([first, last]: readonly [number, number]): string {
    return String.fromCodePoint(first + (this.#next() % (last - first + 1)));
  }

  #join(count: number, make: () => string): string {
    return Array.from({ length: count }, make).join("");
  }

  #of<T>(from: readonly T[]): T {
    return from[this.#next() % from.length]!;
  }
}
