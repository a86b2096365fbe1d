import { CLASSIFY, LOAD, RECYCLE, SECRET, request } from "./malformed.ts";
import type { Malformed } from "./malformed.ts";

/** Bodies that are not one JSON document in UTF-8. */
const NOT_JSON: Readonly<Record<string, string | Buffer>> = {
  "an open brace": "{",
  "an open string": `{"text":"${SECRET}`,
  "single quotes": `{'text':'${SECRET}'}`,
  "a trailing comma": `{"text":"${SECRET}",}`,
  "two documents": `{"text":"${SECRET}"}{}`,
  "a comment": `{"text":"${SECRET}"/* */}`,
  "a bare word": SECRET,
  NaN: '{"topK":NaN}',
  "a hexadecimal number": '{"topK":0x1}',
  "a number with a leading zero": '{"topK":01}',
  undefined: "undefined",
  "white space alone": " \t\r\n ",
  "a byte order mark alone": "\uFEFF",
  "a raw NUL": `{"text":"${SECRET}\0"}`,
  "a raw NUL between tokens": `{\0"text":"${SECRET}"}`,
  "a raw line break in a string": `{"text":"${SECRET}\n"}`,
  "a raw bell in a string": `{"text":"${SECRET}\u0007"}`,
  "a bad escape": `{"text":"${SECRET}\\x41"}`,
  "a short Unicode escape": `{"text":"${SECRET}\\u12"}`,
  "a raw lone surrogate": Buffer.concat([
    Buffer.from(`{"text":"${SECRET}`),
    Buffer.from([0xed, 0xa0, 0x80]),
    Buffer.from('"}'),
  ]),
  "an overlong NUL": Buffer.concat([Buffer.from(`{"text":"${SECRET}`), Buffer.from([0xc0, 0x80]), Buffer.from('"}')]),
  "Latin-1": Buffer.from(`{"text":"${SECRET} \u00e4"}`, "latin1"),
  "UTF-16": Buffer.from(`{"text":"${SECRET}"}`, "utf16le"),
  "a cut UTF-8 sequence": Buffer.concat([
    Buffer.from(`{"text":"${SECRET}`),
    Buffer.from([0xf0, 0x9f, 0x98]),
    Buffer.from('"}'),
  ]),
  "100,000 open brackets": "[".repeat(100_000),
  "a form": `text=${SECRET}`,
  XML: `<text>${SECRET}</text>`,
  __proto__: `{"text":"${SECRET}","__proto__":{"user":"x"}}`,
  "__proto__ in escapes": `{"text":"${SECRET}","\\u005f_proto\\u005f_":{"user":"x"}}`,
  "constructor.prototype": `{"text":"${SECRET}","constructor":{"prototype":{"user":"x"}}}`,
};

const notJson = [CLASSIFY, RECYCLE, LOAD].flatMap((path) =>
  Object.entries(NOT_JSON).map(([name, body]) => request(`${path} ${name}`, "INVALID_JSON", { path, body })),
);

/** Values that a field of the classify call does not take. */
const WRONG_VALUES: Readonly<Record<string, readonly unknown[]>> = {
  text: [null, 0, 1.5, true, [], {}, [SECRET], { text: SECRET }],
  texts: [null, 0, true, SECRET, {}, [], [null], [1], [true], [[SECRET]], [SECRET, null], ...wrongItems()],
  textPair: [null, 0, true, [], {}, [SECRET]],
  models: [null, 0, true, {}, "a", [], [1], [null], ["A"], [""], Array(1000).fill("a")],
  partial: [null, 0, "true", [], {}],
  labels: [
    null,
    SECRET,
    {},
    [],
    [1],
    [""],
    [" "],
    [SECRET, SECRET],
    ["\0"],
    [SECRET.repeat(30)],
    Array(65).fill(SECRET),
  ],
  template: [SECRET, null, 1, "{}"],
  multiLabel: [null, "true", 1, true],
  user: [null, 0, true, "", [], {}, [SECRET], `${SECRET}${"u".repeat(256)}`, "\u00e4".repeat(129)],
  topK: [null, 0, -1, 1.5, 1e300, "1", SECRET, true, [], {}, [1]],
  noCache: [null, 0, 1, "true", SECRET, [], {}],
};

/** In the place of a text and its second text. */
function wrongItems(): readonly unknown[] {
  const items = [
    {},
    { text: 1 },
    { textPair: SECRET },
    { text: SECRET, textPair: null },
    { text: SECRET, [SECRET]: 1 },
  ];
  return items.map((item) => [SECRET, item]);
}

const wrongValues = Object.entries(WRONG_VALUES).flatMap(([field, values]) =>
  values.map((value) => {
    const text = field === "text" || field === "texts" ? {} : { text: SECRET };
    const body = JSON.stringify({ ...text, [field]: value });
    return request(`classify with ${field} = ${JSON.stringify(value).slice(0, 40)}`, "INVALID_REQUEST", {
      path: CLASSIFY,
      body,
    });
  }),
);

const WRONG_BODIES: Readonly<Record<string, readonly string[]>> = {
  [CLASSIFY]: [
    "null",
    "1",
    "true",
    `"${SECRET}"`,
    "[]",
    `["${SECRET}"]`,
    "{}",
    `{"text":"${SECRET}","texts":["${SECRET}"]}`,
    `{"Text":"${SECRET}"}`,
    `{"${SECRET}":"${SECRET}"}`,
    `{"text":"${SECRET}","${SECRET}":1}`,
    `{"text":"${SECRET}","texts":null}`,
    `{"user":"${SECRET}"}`,
    `{"texts":["${SECRET}"],"textPair":"${SECRET}"}`,
    `{"textPair":"${SECRET}"}`,
    `{"text":"${SECRET}","textPair":"${SECRET}","labels":["a"]}`,
    `{"texts":[{"text":"${SECRET}","textPair":"${SECRET}"}],"labels":["a"]}`,
    `{"text":"${SECRET}","labels":["a"],"template":"${SECRET}"}`,
    `{"text":"${SECRET}","labels":["a"],"template":"{} ${SECRET} {}"}`,
    `{"text":"${SECRET}","model":"a","models":["b"]}`,
    `{"text":"${SECRET}","models":["a","a"]}`,
    `{"text":"${SECRET}","models":["${SECRET} ${SECRET}"]}`,
    `{"text":"${SECRET}","partial":true}`,
    `{"text":"${SECRET}","constructor":1}`,
    `{"text":"${SECRET}","toString":1}`,
    `{"text":"${SECRET}","":1}`,
    `{"text":"${SECRET}","top_k":1}`,
  ],
  [RECYCLE]: [
    "null",
    "1",
    `"${SECRET}"`,
    "[]",
    '{"slot":null}',
    '{"slot":"0"}',
    '{"slot":-1}',
    '{"slot":0.5}',
    '{"slot":[0]}',
    `{"slot":"${SECRET}"}`,
    `{"${SECRET}":0}`,
    '{"wait":true}',
    '{"slot":1e400}',
  ],
  [LOAD]: ["null", "1", "[]", `"${SECRET}"`, '{"wait":true}', `{"${SECRET}":1}`],
};

const wrongBodies = Object.entries(WRONG_BODIES).flatMap(([path, bodies]) =>
  bodies.map((body) => request(`${path} ${body.slice(0, 50)}`, "INVALID_REQUEST", { path, body })),
);

/** Well-formed JSON that holds no text that can be classified. */
const WRONG_TEXTS = ["", " ", "\n\t\u00a0\u2003", "\0", `${SECRET}\0`, "\ud800", `${SECRET}\udfff`, "\udc00\ud800"];

const wrongTexts = WRONG_TEXTS.flatMap((text) => [
  request(`classify the text ${JSON.stringify(text)}`, "INVALID_TEXT", {
    path: CLASSIFY,
    body: JSON.stringify({ text }),
  }),
  request(`classify the texts with ${JSON.stringify(text)}`, "INVALID_TEXT", {
    path: CLASSIFY,
    body: JSON.stringify({ texts: [SECRET, text] }),
  }),
]);

export const MALFORMED_BODIES: readonly Malformed[] = [...notJson, ...wrongValues, ...wrongBodies, ...wrongTexts];
