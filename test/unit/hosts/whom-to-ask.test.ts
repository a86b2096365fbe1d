import { describe, expect, test } from "vitest";
import { type Asking, type AskLimits, whomToAsk } from "../../../src/lib/hosts/whom-to-ask.ts";

const LIMITS: AskLimits = { intervalMs: 5000, atOnce: 2, failingAtOnce: 1, patienceMs: 8000 };

function host(name: string, change: Partial<Asking> = {}): Asking {
  return { host: name, askedAtMs: null, lastAskedAtMs: null, isFailing: false, ...change };
}

function askedAt(name: string, atMs: number, change: Partial<Asking> = {}): Asking {
  return host(name, { askedAtMs: atMs, lastAskedAtMs: atMs, ...change });
}

describe("whom to ask", () => {
  test("as many as may be asked together, in the order of the file, and nobody twice", () => {
    expect(
      whomToAsk(
        ["a", "b", "c"].map((name) => host(name)),
        0,
        LIMITS,
      ),
    ).toEqual(["a", "b"]);
    expect(whomToAsk([askedAt("a", 0), host("b"), host("c")], 100, LIMITS)).toEqual(["b"]);
    expect(whomToAsk([askedAt("a", 0), askedAt("b", 0), host("c")], 100, LIMITS)).toEqual([]);
  });

  test("who was asked last waits for the interval, and longest waited is first", () => {
    const hosts = [
      host("a", { lastAskedAtMs: 3000 }),
      host("b", { lastAskedAtMs: 1000 }),
      host("c", { lastAskedAtMs: 2000 }),
    ];
    expect(whomToAsk(hosts, 5999, LIMITS)).toEqual([]);
    expect(whomToAsk(hosts, 6000, LIMITS)).toEqual(["b"]);
    expect(whomToAsk(hosts, 9000, LIMITS)).toEqual(["b", "c"]);
  });

  test("those that hang give their places away once they have had their time", () => {
    const hosts = [askedAt("a", 0), askedAt("b", 0), host("c"), host("d"), host("e")];
    expect(whomToAsk(hosts, 7999, LIMITS)).toEqual([]);
    expect(whomToAsk(hosts, 8000, LIMITS)).toEqual(["c", "d"]);
  });

  test("those that failed have places of their own, however many they are", () => {
    const failed = ["a", "b", "c"].map((name) => host(name, { isFailing: true, lastAskedAtMs: 0 }));
    const fine = ["d", "e", "f"].map((name) => host(name, { lastAskedAtMs: 100 }));
    expect(whomToAsk([...failed, ...fine], 6000, LIMITS)).toEqual(["a", "d", "e"]);
    expect(
      whomToAsk([askedAt("a", 0, { isFailing: true }), host("b", { isFailing: true }), host("d")], 6000, LIMITS),
    ).toEqual(["d"]);
  });
});
