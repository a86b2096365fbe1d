import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EventText } from "../../../src/lib/client/event-text.ts";

function read(...pieces: string[]) {
  const text = new EventText();
  const events = pieces.flatMap((piece) => [...text.push(piece)]);
  return { events, lastEventId: text.lastEventId };
}

describe("server-sent events", () => {
  test("have a name, data and an id", () => {
    expect(read('event: decision\nid: a-1\ndata: {"a":1}\n\n')).toEqual({
      events: [{ event: "decision", data: '{"a":1}' }],
      lastEventId: "a-1",
    });
  });

  test.each([
    ["a comment", ": hello\n\n", []],
    ["no data", "event: sample\n\n", []],
    ["no name", "data: a\n\n", [{ event: "message", data: "a" }]],
    ["two lines of data", "data: a\ndata:b\n\n", [{ event: "message", data: "a\nb" }]],
    ["CRLF", "event: sample\r\ndata: a\r\n\r\n", [{ event: "sample", data: "a" }]],
    ["a field without a value", "data\n\n", [{ event: "message", data: "" }]],
    ["a colon in its data", "data: a: b\n\n", [{ event: "message", data: "a: b" }]],
    ["a field that is none", "date: a\nretry: 5\n\n", []],
    ["no end yet", "event: sample\ndata: a\n", []],
  ])("with %s", (_, text, events) => {
    expect(read(text).events).toEqual(events);
  });

  test("an id by itself counts, and an event without one does not take it away", () => {
    expect(read("id: a-1\n\n").lastEventId).toBe("a-1");
    expect(read("id: a-1\n\n", "data: x\n\n").lastEventId).toBe("a-1");
    expect(read("id: a-1\n").lastEventId).toBeUndefined();
  });

  test("may come in any pieces", () => {
    const whole = 'retry: 1\nid: 0\n\nevent: a\r\ndata: {"ä":"→"}\r\n\r\n: c\nevent: b\nid: 7\ndata: x\ndata: y\n\n';
    const expected = read(whole);
    const cuts = fc.array(fc.nat(whole.length), { maxLength: 12 });
    fc.assert(
      fc.property(cuts, (found) => {
        const ends = [...found.toSorted((a, b) => a - b), whole.length];
        expect(read(...ends.map((end, index) => whole.slice(ends[index - 1] ?? 0, end)))).toEqual(expected);
      }),
    );
  });
});
