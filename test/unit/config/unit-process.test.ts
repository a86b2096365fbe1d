import { expect, test } from "vitest";
import { isUnitProcess } from "../../../src/lib/config/unit-process.ts";

const INVOCATION_ID = "5c1f0f0f6a9e4f3ab6a1b2c3d4e5f607";

test.each([
  ["started by the unit", { SYSTEMD_EXEC_PID: "100" }, 100, 1, true],
  ["started by the unit's wrapper script", { SYSTEMD_EXEC_PID: "99" }, 100, 99, true],
  ["typed in a terminal that is itself a unit", { SYSTEMD_EXEC_PID: "40", INVOCATION_ID }, 100, 99, false],
  ["started by a systemd before 248", { INVOCATION_ID }, 100, 1, true],
  ["typed in a shell that inherited the id", { INVOCATION_ID, JOURNAL_STREAM: "8:1" }, 100, 99, false],
  ["the first process of a container", {}, 1, 0, false],
])("%s: %#", (_, env, pid, parentPid, expected) => {
  expect(isUnitProcess({ env, pid, parentPid })).toBe(expected);
});
