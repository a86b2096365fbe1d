import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { safeLogLine } from "../../../src/lib/issue-report/log-lines.ts";
import { createRedactor, secretPartsOf } from "../../../src/lib/issue-report/redactor.ts";

const redact = createRedactor({ secrets: ["s3cr3t/pa ss"], hostName: "till-07.shop.example", homes: ["alice"] });

describe("what is known to be secret, and what looks like it, is hidden", () => {
  test.each([
    ["as it stands: s3cr3t/pa ss.", "as it stands: ***."],
    ["in a URL: s3cr3t%2Fpa%20ss", "in a URL: ***"],
    ["redis://app:hunter2@10.0.0.7:6379/0", "redis://***@10.0.0.7:6379/0"],
    ["postgres://db/x?sslpassword=abc&y=1", "postgres://db/x?***"],
    ["authorization: Bearer abc.def", "authorization: Bearer ***"],
    ['{"redisPassword":"abc","port":1}', '{"redisPassword":"***","port":1}'],
    ["at till-07.shop.example today", "at HOST today"],
    ["/home/alice/model/x.onnx", "/home/USER/model/x.onnx"],
    [`Unexpected token 'w', "where is m"... is not valid JSON`, "JSON that is not valid"],
  ])("%s", (text, told) => expect(redact(text)).toBe(told));
});

test("what is no secret stays", () => {
  const text = '{"version":"0.2.0","dir":"/var/lib/combot","requests":12,"reason":"users"}';
  expect(redact(text)).toBe(text);
});

describe("of a URL, the parts that are secret", () => {
  test.each([
    ["redis://:pw@h:1", [":pw", "pw"]],
    ["postgres://u:p%40w@h/db?sslpassword=zz", ["u:p%40w", "p%40w", "zz"]],
    ["https://hooks.example.com/services/T0/B1/x", ["/services/T0/B1/x"]],
    ["only-a-token", ["only-a-token"]],
  ])("%s", (value, parts) => expect(secretPartsOf(value).filter((part) => part !== "")).toEqual(parts));
});

test("no password of a URL comes through, whatever it is", () => {
  const password = fc
    .string({ minLength: 4, maxLength: 30 })
    .map(encodeURIComponent)
    .filter((text) => text.length > 3);
  fc.assert(
    fc.property(password, (secret) => {
      const mark = `${secret}Q7`;
      const own = createRedactor({ secrets: secretPartsOf(`redis://u:${mark}@h:1`), hostName: "h", homes: [] });
      expect(own(`NOAUTH ${mark}; redis://u:${mark}@h:1/0; ${JSON.stringify(mark)}`)).not.toContain(mark);
    }),
  );
});

describe("a line of the log", () => {
  test("of combot's own keeps its fields, but those that could name a user or a text", () => {
    const line = JSON.stringify({
      level: "warn",
      msg: "slow",
      text: "where is my parcel",
      err: { user: "42", code: "X" },
    });
    expect(JSON.parse(safeLogLine(line))).toEqual({
      level: "warn",
      msg: "slow",
      text: "(withheld)",
      err: { user: "(withheld)", code: "X" },
    });
  });

  test.each([
    ["    at Object.run (file:///opt/x.js:1:2)", "    at Object.run (file:///opt/x.js:1:2)"],
    ["Error: where is my parcel", "(a line that is not combot's, of 25 characters)"],
  ])("%s", (line, told) => expect(safeLogLine(line)).toBe(told));
});
