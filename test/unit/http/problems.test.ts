import { describe, expect, test } from "vitest";
import { problemFor, problemReply } from "../../../src/daemon/http/problems.ts";
import { CombotError } from "../../../src/lib/errors.ts";
import { ERRORS } from "../../../src/lib/error-table.ts";
import type { ErrorCode } from "../../../src/lib/error-table.ts";
import { problem } from "../../../src/lib/protocol/problem.ts";

interface Defect {
  readonly error: { readonly name: string; readonly code?: string; readonly frames: readonly string[] };
}

function logged(thrown: unknown): Defect {
  const lines: Defect[] = [];
  problemFor(thrown, {
    log: { error: (line: unknown) => void lines.push(line as Defect) },
    method: "GET",
    route: "/r",
    requestId: "r-1",
  });
  expect(lines).toHaveLength(1);
  return lines[0] as Defect;
}

test.each(Object.keys(ERRORS) as ErrorCode[])(
  "%s is sent with its status as a problem that fits the schema",
  (code) => {
    const { status, headers, body } = problemReply(new CombotError(code, "what was wrong"));
    expect(status).toBe(ERRORS[code].http);
    expect(headers).toEqual({ "content-type": "application/problem+json" });
    expect(problem.parse(JSON.parse(body.toString()))).toEqual({
      type: `urn:combot:error:${code}`,
      title: ERRORS[code].title,
      status,
      detail: "what was wrong",
      code,
    });
  },
);

test("Retry-After is in whole seconds, one at least", () => {
  const after = (retryAfterSeconds: number) =>
    problemReply(new CombotError("QUEUE_FULL", "full", { retryAfterSeconds })).headers["retry-after"];
  expect([after(0), after(0.3), after(1.2), after(30)]).toEqual(["1", "1", "2", "30"]);
});

describe("a defect in the log", () => {
  test.each([
    ["one line", "secret"],
    ["lines that look like frames", "secret\n    at secret (secret.ts:1:1)\n    at secret"],
    ["a letter that is in the name too", "E"],
    ["none", ""],
  ])("has its frames and nothing of its message: %s", (_name, message) => {
    const { error } = logged(new RangeError(message));
    expect(error.name).toBe("RangeError");
    expect(error.frames.length).toBeGreaterThan(1);
    expect(error.frames[0]).toContain("problems.test.ts");
    expect(JSON.stringify(error)).not.toContain("secret");
  });

  test("keeps the code of a system error", () => {
    expect(logged(Object.assign(new Error("ENOENT: secret"), { code: "ENOENT" })).error).toMatchObject({
      code: "ENOENT",
    });
  });

  test("may be no Error at all", () => {
    expect(logged("secret").error).toEqual({ name: "string", frames: [] });
  });
});
