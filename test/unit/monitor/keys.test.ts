import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { press, splitKeys } from "../../../src/lib/monitor/keys.ts";
import { FIRST_MODE } from "../../../src/lib/monitor/mode.ts";
import type { Mode, Pressed, Surroundings } from "../../../src/lib/monitor/mode.ts";

const NOW_MS = Date.parse("2026-11-29T16:30:20.000Z");
const LAST_MS = Date.parse("2026-11-29T16:29:00.000Z");
const AROUND: Surroundings = {
  entries: ["model a", "named mood", "daemon", "worker 0 1 7"],
  models: [
    { key: "model a", name: "default", pinned: false },
    { key: "named mood", name: "mood", pinned: true },
  ],
  isReadOnly: false,
  nowMs: NOW_MS,
  oldestMs: Date.parse("2026-10-30T00:00:00.000Z"),
};
const [UP, DOWN, LEFT, RIGHT, HOME, END, ESCAPE] = [
  "\u001B[A",
  "\u001B[B",
  "\u001B[D",
  "\u001B[C",
  "\u001B[H",
  "\u001B[F",
  "\u001B",
];

function pressEach(keys: readonly string[], mode: Mode = FIRST_MODE, around = AROUND): Pressed {
  return keys.reduce<Pressed>((pressed, key) => press(pressed.mode, key, around), { mode });
}

function pressAll(keys: string, mode: Mode = FIRST_MODE): Pressed {
  return pressEach(keys.split(""), mode);
}

describe("keys", () => {
  test.each([
    ["r", "recycle"],
    ["u", "unload"],
    ["c", "cleanup"],
  ] as const)("%s asks before it acts", (key, action) => {
    expect(pressAll(key)).toEqual({ mode: { ...FIRST_MODE, asking: action } });
    expect(pressAll(`${key}y`)).toEqual({ mode: FIRST_MODE, effect: action });
    expect(pressAll(`${key}Y`)).toEqual({ mode: FIRST_MODE, effect: action });
  });

  test.each(["n", "q", "\u001B", " ", "r"])("%j is no answer but a no", (key) => {
    expect(pressAll(`u${key}`)).toEqual({ mode: FIRST_MODE });
  });

  test("q and Ctrl-C end it, Ctrl-C also where a question waits or a line is typed", () => {
    expect(pressAll("q").effect).toBe("quit");
    expect(pressAll("\u0003").effect).toBe("interrupt");
    expect(pressAll("r\u0003").effect).toBe("interrupt");
    expect(pressAll("/ab\u0003").effect).toBe("interrupt");
  });

  test("p, d and ? lead there and back; escape back to the table", () => {
    expect(pressAll("p").mode.isPaused).toBe(true);
    expect(pressAll("pp").mode.isPaused).toBe(false);
    expect(pressAll("d").mode.page).toBe("decisions");
    expect(pressAll("d?").mode.page).toBe("help");
    expect(pressAll("dd").mode.page).toBe("table");
    expect(pressAll("?\u001B").mode.page).toBe("table");
  });

  test("arrows select what is on the screen, enter shows it and leads back", () => {
    expect(pressEach([DOWN]).mode.selected).toBe("model a");
    expect(pressEach([DOWN, DOWN, DOWN, DOWN]).mode.selected).toBe("worker 0 1 7");
    expect(pressEach([UP, UP]).mode.selected).toBe("daemon");
    expect(pressEach([DOWN, "\r"]).mode).toMatchObject({ page: "detail", selected: "model a" });
    expect(pressEach(["\r", "\r"]).mode.page).toBe("table");
    expect(pressEach(["\r"], FIRST_MODE, { ...AROUND, entries: [] }).mode.page).toBe("table");
  });

  test("a filter is typed, taken and cleared; what is typed is no key", () => {
    expect(pressAll("/qr").mode.typing).toEqual({ what: "filter", text: "qr" });
    expect(pressAll("/qr\u007F\r").mode).toMatchObject({ typing: null, filter: "q" });
    expect(pressAll(`/q\r${ESCAPE}`).mode.filter).toBe("");
    expect(pressAll(`/q${ESCAPE}`).mode).toEqual(FIRST_MODE);
  });

  test("s goes through the orders and comes round", () => {
    const orders = ["", "s", "ss", "sss", "ssss", "sssss", "ssssss"].map((keys) => pressAll(keys).mode.sort);
    expect(orders).toEqual(["slot", "memory", "cpu", "users", "requests", "uptime", "slot"]);
  });

  test("what comes at once is taken key by key, an arrow as one", () => {
    expect(splitKeys("ry")).toEqual(["r", "y"]);
    expect(splitKeys("\u001B[A\u001BOPq\u001B")).toEqual(["\u001B[A", "\u001BOP", "q", "\u001B"]);
  });
});

describe("back in time", () => {
  const minutesBack = (keys: readonly string[]): number => (LAST_MS - (pressEach(keys).mode.pastMs ?? NaN)) / 60_000;

  test("h shows the last whole minute, and leads back to now", () => {
    expect(pressEach(["h"]).mode.pastMs).toBe(LAST_MS);
    expect(pressEach(["h", "h"]).mode).toEqual(FIRST_MODE);
    expect(pressEach(["h", ESCAPE]).mode).toEqual(FIRST_MODE);
  });

  test("arrows go a minute, < and > an hour, PgUp and PgDn a day, never beyond what there is", () => {
    expect(minutesBack(["h", LEFT, LEFT, RIGHT])).toBe(1);
    expect(minutesBack(["h", "<", "<", ">", LEFT])).toBe(61);
    expect(minutesBack(["h", "\u001B[5~"])).toBe(1440);
    expect(minutesBack(["h", "<", RIGHT, "\u001B[6~"])).toBe(0);
    expect(pressEach(["h", HOME]).mode.pastMs).toBe(AROUND.oldestMs);
    expect(pressEach(["h", HOME, LEFT]).mode.pastMs).toBe(AROUND.oldestMs);
    expect(minutesBack(["h", HOME, END])).toBe(0);
  });

  test("whatever is pressed, the moment is a whole minute that is over and may be kept", () => {
    const keys = fc.array(
      fc.constantFrom(LEFT, RIGHT, "<", ">", HOME, END, "\u001B[5~", "\u001B[6~", "+", "-", UP, "l"),
    );
    fc.assert(
      fc.property(keys, (pressed) => {
        const { pastMs } = pressEach(["h", ...pressed]).mode;
        expect(pastMs).not.toBeNull();
        expect((pastMs ?? 0) % 60_000).toBe(0);
        expect(pastMs).toBeLessThanOrEqual(LAST_MS);
        expect(pastMs).toBeGreaterThanOrEqual(AROUND.oldestMs ?? 0);
      }),
    );
  });

  test("n and N look for decisions, g takes a time, + and - turn the time line", () => {
    expect(pressAll("hn").effect).toBe("next decision");
    expect(pressAll("hN").effect).toBe("previous decision");
    expect(pressAll("hg14:30\r").mode.pastMs).toBe(Date.parse("2026-11-29T14:30:00Z"));
    expect(pressAll("hg25 o'clock\r").refusal).toMatch(/are times/);
    expect(pressAll("hg25 o'clock\r").mode.pastMs).toBe(LAST_MS);
    expect(pressAll("h+").mode.spanMs).toBe(3_600_000);
    expect(pressAll("h-----").mode.spanMs).toBe(30 * 86_400_000);
  });

  test("what is done to a model is done to the selected one", () => {
    const chosen = { ...FIRST_MODE, selected: "named mood" };
    expect(pressAll("Ly", chosen)).toEqual({ mode: chosen, effect: "load", target: "mood" });
    expect(pressAll("uy", chosen)).toEqual({ mode: chosen, effect: "unload", target: "mood" });
    expect(pressAll("Py", chosen)).toEqual({ mode: chosen, effect: "unpin", target: "mood" });
    expect(pressAll("P", { ...chosen, selected: "model a" }).mode).toMatchObject({ asking: "pin", target: "default" });
    expect(pressAll("Pn", chosen)).toEqual({ mode: chosen });
    expect(pressAll("Ly")).toEqual({ mode: FIRST_MODE, effect: "load" });
    expect(pressAll("P")).toEqual({ mode: FIRST_MODE, refusal: expect.stringContaining("select one") as string });
  });

  test("nothing can be changed from there, nor where one may only look", () => {
    for (const key of ["r", "u", "L", "P", "c"]) {
      expect(pressAll(`h${key}y`).effect).toBeUndefined();
      expect(pressAll(`h${key}`)).toMatchObject({ mode: { asking: null }, refusal: expect.stringContaining("past") });
      const { mode, refusal } = pressEach([key], FIRST_MODE, { ...AROUND, isReadOnly: true });
      expect(mode.asking).toBeNull();
      expect(refusal).toContain("--readonly");
    }
  });
});
