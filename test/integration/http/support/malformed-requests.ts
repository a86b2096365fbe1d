import { ENDPOINTS } from "../../../../src/lib/protocol/endpoints.ts";
import type { Endpoint } from "../../../../src/lib/protocol/endpoint.ts";
import { MIB } from "../../../../src/lib/units.ts";
import { CLASSIFY, LOAD, RECYCLE, SECRET, raw, request } from "./malformed.ts";
import type { Malformed } from "./malformed.ts";

const METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "SEARCH", "M-SEARCH"];

const wrongMethods = Object.entries(Object.groupBy(Object.values<Endpoint>(ENDPOINTS), ({ path }) => path)).flatMap(
  ([path, endpoints = []]) =>
    METHODS.filter((method) => !endpoints.some((endpoint) => endpoint.method === method)).map((method) =>
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

export const MALFORMED_REQUESTS: readonly Malformed[] = [
  ...wrongMethods,
  ...wrongPaths,
  ...badPaths,
  ...wrongQueries,
  ...wrongTypes,
  ...tooLarge,
  ...brokenHttp,
];
