import { Writable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { guardStreams, rewriteLine } from "../../../src/lib/cli/guarded-streams.ts";
import { terminalPaint } from "../../../src/lib/cli/terminal-paint.ts";
import { harmless, jsonText } from "../../../src/lib/harmless.ts";
import { renderTable } from "../../../src/lib/render/table.ts";
import { shown } from "../../../src/lib/terminal-text.ts";
import { HOSTILE, TAMED, obeyedIn } from "../../support/hostile-names.ts";

// Chalk looks when it is loaded, which is now.
process.env["FORCE_COLOR"] = "1";
const paint = await terminalPaint(process.stdout, { FORCE_COLOR: "1" });

test("a name keeps its length and loses all that a terminal would obey", () => {
  expect(obeyedIn(harmless(HOSTILE))).toEqual([]);
  expect(harmless(HOSTILE)).toMatch(TAMED);
  expect(harmless(HOSTILE)).toHaveLength(HOSTILE.length);
  expect(harmless("à la carte, 日本語, العربية")).toBe("à la carte, 日本語, العربية");
});

test("JSON of it means the same", () => {
  const json = jsonText({ [HOSTILE]: [HOSTILE] });
  expect(obeyedIn(json)).toEqual([]);
  expect(JSON.parse(json)).toEqual({ [HOSTILE]: [HOSTILE] });
});

test("colours of ours are shown, those that a name brings are not, even inside one of ours", () => {
  expect(shown(paint.good("well"))).toBe("\u001B[32mwell\u001B[39m");
  expect(shown(paint.bad("a\u001B[32mb\u001B[0mc"))).toBe("\u001B[31mabc\u001B[39m");
  expect(shown("a\u001B[1000;1000;1000;1000;31mb")).toBe("ab");
  expect(shown("one\ttwo\nthree\rfour")).toBe("one\ttwo\nthree?four");
});

test("a table's columns stand where they should, whatever is in its cells", () => {
  const rows = [
    [paint.good("start"), "a\nb\u001B[2Jc", "end"],
    [paint.bad("stop"), "plain", "end"],
  ];
  const table = shown(renderTable([{ head: "do" }, { head: "what" }, { head: "" }], rows));
  expect(stripVTControlCharacters(table).split("\n")).toEqual([
    "do    what",
    "start a?b?[2Jc end",
    "stop  plain    end",
  ]);
});

test("whoever writes to a guarded stream, in whatever form, is guarded; a line that is rewritten still is", () => {
  const written: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk: string, _encoding, done) => {
      written.push(chunk);
      done();
    },
  }) as unknown as NodeJS.WriteStream;
  guardStreams([stream]);
  guardStreams([stream]);
  stream.write(HOSTILE);
  stream.write(Buffer.from(HOSTILE), () => undefined);
  rewriteLine(stream, HOSTILE);
  expect(written.slice(0, 2).flatMap(obeyedIn)).toEqual([]);
  expect(obeyedIn(written[2] ?? "")).toEqual(["\r", "\u001B"]);
});
