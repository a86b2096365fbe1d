/** What may be sent at once. */
const BODY_BYTES = 1024 * 1024;
const TEXTS = 256;
const ROOM = 40;

/** A call's body, and how many of the callers' turns have passed: no two calls are the same. */
export type MakeBody = (turn: number) => Buffer;

const CHINESE = "我的订单在哪里请问退款需要多久才能到账谢谢";
const WORDS = "where is my order and when will the refund for it come please ";

/** One text that fills the body; what `piece` gives is repeated. */
function one(piece: string, head = ""): MakeBody {
  const count = Math.floor(
    (BODY_BYTES - ROOM - Buffer.byteLength(head)) / Buffer.byteLength(JSON.stringify(piece).slice(1, -1)),
  );
  const text = head + piece.repeat(count);
  return (turn) => Buffer.from(JSON.stringify({ text: `${turn} ${text}`.slice(0, text.length) }));
}

/** As many texts as may be, each as long as they may be together. */
function many(piece: string): MakeBody {
  const bytes = Math.floor(BODY_BYTES / TEXTS) - 16;
  const count = Math.floor(bytes / Buffer.byteLength(piece));
  return (turn) =>
    Buffer.from(
      JSON.stringify({ texts: Array.from({ length: TEXTS }, (_, at) => `${turn}.${at} ${piece.repeat(count)}`) }),
    );
}

function raw(text: string): MakeBody {
  const body = Buffer.from(text.slice(0, BODY_BYTES));
  return () => body;
}

const unknownWords = (turn: number, at: number): string =>
  Array.from({ length: 400 }, (_, word) => ((turn * 2_654_435_761 + at * 40_503 + word * 97) >>> 0).toString(36)).join(
    " ",
  );

/** What users might send to stop a daemon, each as large as a body may be. */
export const BODIES: Readonly<Record<string, MakeBody>> = {
  words: one(WORDS),
  "one word": one("a"),
  Chinese: one(CHINESE),
  emoji: one("🤷‍♀️"),
  blanks: one(" ", "a"),
  "punctuation and lines": one("\n!"),
  "two kinds of marks in turn": () => {
    const half = Math.floor((BODY_BYTES - ROOM) / 4);
    return Buffer.from(JSON.stringify({ text: `a${"\u0300".repeat(half)}${"\u0316".repeat(half)}` }));
  },
  "Tibetan vowels": one("\u0F71\u0F72"),
  "marks after letters": one("e\u0316\u0301"),
  "letters in parts": one("\u1112\u1161\u11AB"),
  "NULs at the end": () =>
    Buffer.from(JSON.stringify({ text: `${"a".repeat(BODY_BYTES / 2)}${"\0".repeat(BODY_BYTES / 14)}` })),
  "written as escapes": () =>
    Buffer.from(`{"text":"${String.raw`\u6211`.repeat(Math.floor((BODY_BYTES - ROOM) / 6))}"}`),
  "many texts of words": many(WORDS),
  "many texts in Chinese": many(CHINESE),
  "many texts of letters in parts": many("\u1112\u1161\u11AB "),
  "many texts of marks": many("e\u0316\u0301"),
  "many texts of unknown words": (turn) =>
    Buffer.from(JSON.stringify({ texts: Array.from({ length: TEXTS }, (_, at) => unknownWords(turn, at)) })),
  "too many texts": raw(
    `{"texts":["${Array<string>(BODY_BYTES / 4 - ROOM)
      .fill("a")
      .join('","')}"]}`,
  ),
  "nested lists": raw(`{"text":${"[".repeat(BODY_BYTES / 2 - ROOM)}${"]".repeat(BODY_BYTES / 2 - ROOM)}}`),
  "nested objects": raw(`{"text":${'{"a":'.repeat(BODY_BYTES / 7)}1${"}".repeat(BODY_BYTES / 7)}}`),
  "many fields": raw(`{"text":"a",${Array.from({ length: BODY_BYTES / 12 }, (_, at) => `"k${at}":1`).join(",")}}`),
  "a huge user": () =>
    Buffer.from(JSON.stringify({ text: "where is my order", user: "u".repeat(BODY_BYTES - 2 * ROOM) })),
  "no JSON": raw("[".repeat(BODY_BYTES)),
};
