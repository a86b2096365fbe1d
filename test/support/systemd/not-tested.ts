import { expect, test } from "vitest";
import { missingParts } from "./requirements.ts";

/** Whether a machine can be booted here. */
export const hasMachines = missingParts().length === 0;

/** To be called by each test file that boots one: where none can be had, that has a name, and CI does not pass. */
export function sayIfNotTested(what: string): void {
  test.runIf(!hasMachines)(`NOT TESTED: ${what}: ${missingParts().join("; ")}`, () => {
    expect(process.env["CI"], "CI has to run the tests as root, with systemd installed").not.toBe("true");
  });
}
