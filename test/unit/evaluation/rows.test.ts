import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readRows } from "../../../src/lib/evaluation/rows.ts";
import { temporaryFolder } from "../../support/temporary.ts";

function read(name: string, content: string | Buffer): ReturnType<typeof readRows> {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return readRows(path);
}

test("CSV: quoted line breaks, doubled quotes, other columns in any order, CRLF, a byte order mark, no label", () => {
  const rows = read(
    "rows.csv",
    '\uFEFFid,Label,Text\r\n1,refund,"two\r\nlines, ""quoted"""\r\n2,,nobody knows\r\n\r\n3, order ,last',
  );
  expect(rows.map(({ text, label }) => [text, label])).toEqual([
    ['two\r\nlines, "quoted"', "refund"],
    ["nobody knows", null],
    ["last", "order"],
  ]);
});

test("JSON lines, by name or by their first character", () => {
  const lines = '{"text":"one\\ntwo","label":"a"}\n\n{"text":"three","label":null}\n{"text":"four"}\n';
  const wanted = [
    { text: "one\ntwo", label: "a", line: 1 },
    { text: "three", label: null, line: 3 },
    { text: "four", label: null, line: 4 },
  ];
  expect(read("rows.jsonl", lines)).toEqual(wanted);
  expect(read("rows.txt", lines)).toEqual(wanted);
});

test.each<[string, string | Buffer, RegExp]>([
  ["rows.csv", "", /rows\.csv, line 1: its first line must name the columns/],
  ["rows.csv", "question,answer\na,b\n", /line 1: its first line must name the columns, text and label/],
  ["rows.csv", "text,label\n", /rows\.csv: it has no rows\./],
  ["rows.csv", 'text,label\na,b\n"never closed,b\n', /rows\.csv, line \d+: it is no CSV: Quote Not Closed/],
  ["rows.csv", "text,label\na,b\n ,b\n", /line 3: its text is empty\./],
  ["rows.csv", "text,label\na\0b,b\n", /line 2: its text holds a NUL/],
  ["rows.csv", Buffer.from([0x74, 0x65, 0xff, 0xfe]), /it is not UTF-8\./],
  ["rows.jsonl", '{"text":"a","label":"b"}\n{"text":1}\n', /line 2: it needs text, a string\./],
  ["rows.jsonl", '{"text":"a","label":2}\n', /line 1: label must be a string\./],
  ["rows.jsonl", "text,label\n", /line 1: it is no line of JSON/],
])("%s that is %j is refused by its line", (name, content, told) => {
  expect(() => read(name, content)).toThrow(
    expect.objectContaining({ code: "USAGE", message: expect.stringMatching(told) as string }) as Error,
  );
});

test("a folder and a file that isn't there are refused", () => {
  const folder = join(temporaryFolder(), "rows.csv");
  expect(() => readRows(folder)).toThrow(/ENOENT/);
  mkdirSync(folder);
  expect(() => readRows(folder)).toThrow(/it is no file/);
});
