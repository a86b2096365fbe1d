import type { ErrorCode } from "../../../../src/lib/errors.ts";
import { ENDPOINTS } from "../../../../src/lib/protocol/endpoints.ts";
import type { Endpoint } from "../../../../src/lib/protocol/endpoints.ts";
import { requestBytes } from "./wire.ts";
import type { WireRequest } from "./wire.ts";

/** Stands in every text, field, path and query that is sent: it must never turn up in a log or a reply. */
export const SECRET = "geheim4711";

export interface Malformed {
  readonly name: string;
  readonly bytes: Buffer;
  readonly code: ErrorCode;
}

const CLASSIFY = ENDPOINTS.classify.path;
const RECYCLE = ENDPOINTS.recycle.path;
const LOAD = ENDPOINTS.modelLoad.path;
const MIB = 1024 * 1024;

function request(name: string, code: ErrorCode, call: WireRequest): Malformed {
  return { name, code, bytes: requestBytes({ method: "POST", ...call }) };
}

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
  texts: [null, 0, true, SECRET, {}, [], [null], [1], [true], [[SECRET]], [{ text: SECRET }], [SECRET, null]],
  user: [null, 0, true, "", [], {}, [SECRET], `${SECRET}${"u".repeat(256)}`, "\u00e4".repeat(129)],
  topK: [null, 0, -1, 1.5, 1e300, "1", SECRET, true, [], {}, [1]],
  noCache: [null, 0, 1, "true", SECRET, [], {}],
};

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

const METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "SEARCH", "M-SEARCH"];

const wrongMethods = Object.values<Endpoint>(ENDPOINTS).flatMap(({ path, method: right }) =>
  METHODS.filter((method) => method !== right).map((method) =>
    request(`${method} ${path}`, "METHOD_NOT_ALLOWED", { method, path }),
  ),
);

const PATHS = [
  "/",
  "//",
  "/api",
  "/api/",
  `/${SECRET}`,
  `/api/${SECRET}`,
  "/api/classify/x",
  "//api/classify/",
  "/api//classify/",
  "/api/classify//",
  "/api/./classify/",
  "/api/../api/classify/",
  "/API/CLASSIFY/",
  "/api/classify;x",
  "/api/classify.json",
  "/api%2Fclassify/",
  "/api/classify%00/",
  "/favicon.ico",
  "/.env",
  `/?text=${SECRET}`,
  `/${"a".repeat(8000)}`,
  "*",
];

const wrongPaths = PATHS.flatMap((path) => [
  request(`GET ${path.slice(0, 40)}`, "NOT_FOUND", { method: "GET", path }),
  request(`POST ${path.slice(0, 40)}`, "NOT_FOUND", { path, body: `{"text":"${SECRET}"}` }),
]);

const badPaths = ["/%", "/%zz", "/api/%c3%28/", "/api/classify%"].map((path) =>
  request(`GET ${path}`, "INVALID_REQUEST", { method: "GET", path }),
);

const QUERIES = [
  "wait=maybe",
  "wait=",
  "wait",
  "wait=TRUE",
  "wait=true&wait=true",
  `${SECRET}=1`,
  `wait=${SECRET}`,
  "__proto__=1",
];

const wrongQueries = [RECYCLE, LOAD].flatMap((path) =>
  QUERIES.map((query) => request(`POST ${path}?${query}`, "INVALID_REQUEST", { path: `${path}?${query}` })),
);

const TYPES = [
  "text/plain",
  "text/json",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "application/jsonx",
  "application/problem+json",
  "application/octet-stream",
  "json",
  "application",
  "/",
  ";",
  "*/*",
  SECRET,
];

const wrongTypes = [CLASSIFY, RECYCLE, LOAD].flatMap((path) =>
  TYPES.map((type) =>
    request(`${path} as ${type}`, "UNSUPPORTED_MEDIA_TYPE", {
      path,
      headers: { "content-type": type },
      body: `{"text":"${SECRET}"}`,
    }),
  ),
);

const long = `{"text":"${SECRET}${"a".repeat(2 * MIB)}"}`;
const tooLarge = [
  ...[CLASSIFY, RECYCLE, LOAD].map((path) => request(`2 MiB to ${path}`, "BODY_TOO_LARGE", { path, body: long })),
  raw(
    "2 MiB in chunks",
    "BODY_TOO_LARGE",
    `${head({ "transfer-encoding": "chunked" })}${chunk(long.slice(0, MIB))}${chunk(long.slice(MIB))}0\r\n\r\n`,
  ),
  raw("2 GiB announced", "BODY_TOO_LARGE", head({ "content-length": String(2 * 1024 * MIB) })),
  request("257 texts", "BODY_TOO_LARGE", { path: CLASSIFY, body: JSON.stringify({ texts: Array(257).fill(SECRET) }) }),
  request("500,000 numbers for texts", "BODY_TOO_LARGE", {
    path: CLASSIFY,
    body: `{"texts":[${"1,".repeat(499_999)}1]}`,
  }),
];

function head(headers: Readonly<Record<string, string>>): string {
  const all = { host: "localhost", "content-type": "application/json", ...headers };
  return `POST ${CLASSIFY} HTTP/1.1\r\n${Object.entries(all)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("")}\r\n`;
}

function chunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

function raw(name: string, code: ErrorCode, bytes: string | Buffer): Malformed {
  return { name, code, bytes: Buffer.from(bytes) };
}

const brokenHttp = [
  raw("no HTTP at all", "INVALID_REQUEST", `${SECRET}\r\n\r\n`),
  raw("a request line of one word", "INVALID_REQUEST", "GET\r\n\r\n"),
  raw("an unknown method", "INVALID_REQUEST", `${SECRET.toUpperCase()} / HTTP/1.1\r\nhost: x\r\n\r\n`),
  raw("a method in lower case", "INVALID_REQUEST", "get / HTTP/1.1\r\nhost: x\r\n\r\n"),
  raw("no version", "INVALID_REQUEST", "GET /api/health/\r\n\r\n"),
  raw("a version that is none", "INVALID_REQUEST", "GET /api/health/ HTTP/9.9\r\nhost: x\r\n\r\n"),
  raw("a space in the path", "INVALID_REQUEST", `GET /api/${SECRET} x/ HTTP/1.1\r\nhost: x\r\n\r\n`),
  raw("a header without a colon", "INVALID_REQUEST", `GET / HTTP/1.1\r\nhost: x\r\n${SECRET}\r\n\r\n`),
  raw("a space before the colon", "INVALID_REQUEST", `GET / HTTP/1.1\r\nhost : ${SECRET}\r\n\r\n`),
  raw("a NUL in a header", "INVALID_REQUEST", `GET / HTTP/1.1\r\nhost: x\r\nx: ${SECRET}\0\r\n\r\n`),
  raw("a NUL in the path", "INVALID_REQUEST", "GET /\0 HTTP/1.1\r\nhost: x\r\n\r\n"),
  raw("no Host", "INVALID_REQUEST", "GET /api/health/ HTTP/1.1\r\n\r\n"),
  raw("headers of 64 KiB", "INVALID_REQUEST", `GET / HTTP/1.1\r\nhost: x\r\nx: ${SECRET.repeat(6554)}\r\n\r\n`),
  raw("a path of 64 KiB", "INVALID_REQUEST", `GET /${SECRET.repeat(6554)} HTTP/1.1\r\nhost: x\r\n\r\n`),
  raw("a length that is no number", "INVALID_REQUEST", head({ "content-length": "x" })),
  raw("a negative length", "INVALID_REQUEST", head({ "content-length": "-1" })),
  raw(
    "two lengths",
    "INVALID_REQUEST",
    `POST ${CLASSIFY} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{} `,
  ),
  raw("a length and chunks", "INVALID_REQUEST", head({ "content-length": "2", "transfer-encoding": "chunked" })),
  raw("an unknown transfer coding", "INVALID_REQUEST", head({ "transfer-encoding": SECRET })),
  raw("a chunk size that is none", "INVALID_REQUEST", `${head({ "transfer-encoding": "chunked" })}${SECRET}\r\n`),
  raw(
    "a chunk longer than it says",
    "INVALID_REQUEST",
    `${head({ "transfer-encoding": "chunked" })}1\r\n${SECRET}\r\n0\r\n\r\n`,
  ),
  raw("another expectation", "INVALID_REQUEST", head({ expect: SECRET, "content-length": "0" })),
  raw("HTTP/2 with prior knowledge", "INVALID_REQUEST", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  raw("a TLS greeting", "INVALID_REQUEST", Buffer.from([0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0])),
  raw("CONNECT", "METHOD_NOT_ALLOWED", "CONNECT localhost:80 HTTP/1.1\r\nhost: x\r\n\r\n"),
];

export const MALFORMED: readonly Malformed[] = [
  ...notJson,
  ...wrongValues,
  ...wrongBodies,
  ...wrongTexts,
  ...wrongMethods,
  ...wrongPaths,
  ...badPaths,
  ...wrongQueries,
  ...wrongTypes,
  ...tooLarge,
  ...brokenHttp,
];
