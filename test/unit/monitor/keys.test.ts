import { describe, expect, test } from "vitest";
import { FIRST_MODE, press, splitKeys } from "../../../src/lib/monitor/keys.ts";
import type { Mode, Pressed } from "../../../src/lib/monitor/keys.ts";

function pressAll(keys: string, mode: Mode = FIRST_MODE): Pressed {
  return keys.split("").reduce<Pressed>((pressed, key) => press(pressed.mode, key), { mode });
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

  test("q and Ctrl-C end it, Ctrl-C also where a question waits", () => {
    expect(pressAll("q").effect).toBe("quit");
    expect(pressAll("\u0003").effect).toBe("interrupt");
    expect(pressAll("r\u0003").effect).toBe("interrupt");
  });

  test("p, d and ? lead there and back; escape back to the table", () => {
    expect(pressAll("p").mode.isPaused).toBe(true);
    expect(pressAll("pp").mode.isPaused).toBe(false);
    expect(pressAll("d").mode.page).toBe("decisions");
    expect(pressAll("d?").mode.page).toBe("help");
    expect(pressAll("dd").mode.page).toBe("table");
    expect(pressAll("?\u001B").mode.page).toBe("table");
  });

  test("what comes at once is taken key by key, an arrow as one", () => {
    expect(splitKeys("ry")).toEqual(["r", "y"]);
    expect(splitKeys("\u001B[A\u001BOPq\u001B")).toEqual(["\u001B[A", "\u001BOP", "q", "\u001B"]);
  });
});
