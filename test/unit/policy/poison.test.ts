import { expect, test } from "vitest";
import { judgeText } from "../../../src/daemon/policy/poison.ts";

test("a text that shared its batch is tried again, however that ended", () => {
  for (const fate of ["died", "killed", "failed"] as const) {
    expect(judgeText({ alone: false, killedAlone: 0 }, fate)).toBe("again");
  }
});

test("a text that was alone when its worker died, or when the model failed, is refused", () => {
  expect(judgeText({ alone: true, killedAlone: 0 }, "died")).toBe("refuse");
  expect(judgeText({ alone: true, killedAlone: 0 }, "failed")).toBe("refuse");
});

test("a kill from outside is no evidence the first two times, and is from the third on", () => {
  expect(judgeText({ alone: true, killedAlone: 0 }, "killed")).toBe("again");
  expect(judgeText({ alone: true, killedAlone: 1 }, "killed")).toBe("again");
  expect(judgeText({ alone: true, killedAlone: 2 }, "killed")).toBe("refuse");
});
