import { expect, test } from "vitest";
import { ERRORS } from "../../../src/lib/errors.ts";
import { ENDPOINTS } from "../../../src/lib/protocol/endpoints.ts";
import { problem } from "../../../src/lib/protocol/problem.ts";
import { startApi } from "./support/api.ts";
import { MALFORMED, SECRET } from "./support/malformed.ts";
import { ask } from "./support/wire.ts";

test("200 malformed requests and more: each is refused with a problem, nothing of a text is logged, the server lives", async () => {
  expect(MALFORMED.length).toBeGreaterThan(200);
  expect(new Set(MALFORMED.map(({ name }) => name)).size).toBe(MALFORMED.length);
  const { path, logLines } = await startApi();

  for (const { name, bytes, code } of MALFORMED) {
    const reply = await ask(path, bytes).catch((error: unknown) => expect.fail(`${name}: ${String(error)}`));
    const told = problem.safeParse(JSON.parse(reply.body || "null")).data;
    expect.soft(told?.code, name).toBe(code);
    expect.soft(reply.headers["content-type"], name).toBe("application/problem+json");
    expect.soft(reply.status, name).toBe(told?.status);
    expect.soft(reply.status >= 400 && reply.status < 500, `${name}: ${reply.status}`).toBe(true);
    expect.soft(reply.body, name).not.toContain(SECRET);
    // Broken HTTP has statuses of its own; everything else has its code's.
    if (code !== "INVALID_REQUEST") expect.soft(reply.status, name).toBe(ERRORS[code].http);
  }

  const fine = await ask(path, { method: "POST", path: ENDPOINTS.classify.path, body: `{"text":"${SECRET}"}` });
  expect(fine.status).toBe(200);
  expect(logLines.length).toBeGreaterThan(200);
  expect(logLines.filter((line) => line.toLowerCase().includes(SECRET))).toEqual([]);
  expect(logLines.filter((line) => line.includes('"level":50'))).toEqual([]);
});

test.each([
  ["headers over 16 KiB", `GET / HTTP/1.1\r\nhost: x\r\nx: ${"a".repeat(20_000)}\r\n\r\n`, 431],
  ["an expectation that is not known", "GET / HTTP/1.1\r\nhost: x\r\nexpect: a-lot\r\n\r\n", 417],
  ["bytes that are no request", "\u0001\r\n\r\n", 400],
])("%s gets the status that HTTP has for it", async (_name, bytes, status) => {
  const { path } = await startApi();
  const reply = await ask(path, Buffer.from(bytes));
  expect(reply.status).toBe(status);
  expect(problem.parse(JSON.parse(reply.body))).toMatchObject({ status, code: "INVALID_REQUEST" });
});
