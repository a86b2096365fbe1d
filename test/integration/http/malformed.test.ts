import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { answerBrokenHttp } from "../../../src/daemon/http/broken-http.ts";
import { ERRORS } from "../../../src/lib/error-table.ts";
import { ENDPOINTS } from "../../../src/lib/protocol/endpoints.ts";
import { PROBLEM_TYPE, problem } from "../../../src/lib/protocol/problem.ts";
import { startApi } from "./support/api.ts";
import { MALFORMED_BODIES } from "./support/malformed-bodies.ts";
import { MALFORMED_REQUESTS } from "./support/malformed-requests.ts";
import { SECRET } from "./support/malformed.ts";
import type { Malformed } from "./support/malformed.ts";
import { ask, Wire } from "./support/wire.ts";
import type { WireReply } from "./support/wire.ts";

const MALFORMED = [...MALFORMED_BODIES, ...MALFORMED_REQUESTS];

// With "info" classify calls go the short way, past Fastify.
test.each(["trace", "info"])(
  "200 malformed requests and more, log level %s: each is refused with a problem, nothing of a text is logged, the server lives",
  async (logLevel) => {
    expect(MALFORMED.length).toBeGreaterThan(200);
    expect(new Set(MALFORMED.map(({ name }) => name)).size).toBe(MALFORMED.length);
    const { path, logLines } = await startApi({ logLevel });

    const faults: string[] = [];
    for (const malformed of MALFORMED) {
      const found = await ask(path, malformed.bytes).then(
        (reply) => faultsOf(reply, malformed),
        (error) => [String(error)],
      );
      faults.push(...found.map((fault) => `${malformed.name}: ${fault}`));
    }
    expect(faults).toEqual([]);

    const fine = await ask(path, { method: "POST", path: ENDPOINTS.classify.path, body: `{"text":"${SECRET}"}` });
    expect(fine.status).toBe(200);
    if (logLevel === "trace") expect(logLines.length).toBeGreaterThan(200);
    expect(logLines.filter((line) => line.toLowerCase().includes(SECRET))).toEqual([]);
    expect(logLines.filter((line) => line.includes('"level":50'))).toEqual([]);
  },
);

/** What is wrong with the reply, if anything. Broken HTTP has statuses of its own, everything else its code's. */
function faultsOf({ status, headers, body }: WireReply, { code }: Malformed): string[] {
  const told = problem.safeParse(JSON.parse(body || "null")).data;
  const rules: readonly [isKept: boolean, rule: string][] = [
    [told?.code === code, `code ${told?.code}, not ${code}`],
    [headers["content-type"] === PROBLEM_TYPE, `type ${headers["content-type"]}`],
    [told?.status === status, `status ${status}, told as ${told?.status}`],
    [status >= 400 && status < 500, `status ${status}`],
    [status === ERRORS[code].http || code === "INVALID_REQUEST", `status ${status} for ${code}`],
    [!body.includes(SECRET), "what was sent is repeated"],
  ];
  return rules.filter(([isKept]) => !isKept).map(([, rule]) => rule);
}

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

test("a hundred that dawdle and are given up at once are each told why", async () => {
  const server = createServer({ headersTimeout: 20, requestTimeout: 0, connectionsCheckingInterval: 500 });
  server.on("clientError", answerBrokenHttp({ debug: () => undefined }));
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const wires = Array.from({ length: 100 }, () => new Wire({ host: "127.0.0.1", port }).send("GET / HTTP/1.1\r\nx: "));
  const replies = await Promise.all(wires.map((wire) => wire.reply()));
  expect(replies.map((reply) => reply?.status)).toEqual(wires.map(() => 408));
  await Promise.all(wires.map(({ closed }) => closed));
});
