import type { Random } from "../random.ts";

/** Asked again and again, so that much is answered from the cache. */
const COMMON = Array.from({ length: 40 }, (_, at) => `where is my order number ${at}`);
const PIECES = [
  "a",
  "where is ",
  "我的订单",
  "🤷‍♀️",
  "e\u0316\u0301",
  "\u1112\u1161\u11AB",
  "\n",
  "\t ",
  "!?",
  "\u202E",
  "\uFEFF",
  "ß",
  "İ",
  "<script>",
  "\\",
  '"',
  "%s%n",
];
const ODD = ["", " ", "\0", "a\0b", "\uD800", "x\uDFFFy", "[MASK]", "[CLS][SEP]", "\u200B", "{}", "null", "__proto__"];

/** Most are short; two in a thousand have the size that a whole body may have. */
export function text(random: Random): string {
  const kind = random.weighted({ common: 60, pieces: 25, odd: 10, long: 0.5, huge: 0.2 });
  if (kind === "common") return random.pick(COMMON);
  if (kind === "odd") return random.pick(ODD);
  if (kind === "pieces") return Array.from({ length: random.between(1, 12) }, () => random.pick(PIECES)).join("");
  const piece = random.pick(PIECES);
  const most = kind === "long" ? 20_000 : 1_100_000;
  return piece.repeat(Math.ceil(random.between(1, most) / Buffer.byteLength(piece)));
}
