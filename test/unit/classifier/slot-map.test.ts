import { describe, expect, test } from "vitest";
import { SlotMap } from "../../../src/daemon/classifier/slot-map.ts";

describe("SlotMap", () => {
  test("gives each key its own value, whatever came and went before", () => {
    const map = new SlotMap<string, number>();
    const expected = new Map<string, number>();
    // More keys than slots, so that places are used again.
    for (let at = 0; at < 1000; at++) {
      map.set(`key ${at % 70}`, at);
      expected.set(`key ${at % 70}`, at);
      const gone = `key ${(at * 31) % 90}`;
      map.delete(gone);
      expected.delete(gone);
      for (let key = 0; key < 90; key++) expect(map.get(`key ${key}`)).toBe(expected.get(`key ${key}`));
    }
  });

  test("a key that was taken out is gone", () => {
    const map = new SlotMap<string, object>();
    map.set("one", {});
    map.delete("one");
    map.delete("never there");
    expect(map.get("one")).toBeUndefined();
  });
});
