import { existsSync } from "node:fs";
import { expect, test } from "vitest";

/** Debian keeps it out of the PATH of users. sshd wants to be called by its whole path. */
export const SSHD = "/usr/sbin/sshd";

/** Command, and the Debian package that has it. */
const PARTS = [
  [SSHD, "openssh-server"],
  ["/usr/bin/ssh", "openssh-client"],
  ["/usr/bin/ssh-keygen", "openssh-client"],
] as const;

const missing = PARTS.filter(([path]) => !existsSync(path)).map(
  ([path, name]) => `${path} is not installed (package ${name})`,
);

export const hasSsh = missing.length === 0;

/** To be called by each test file that logs in somewhere: where it can't, that has a name, and CI does not pass. */
export function sayIfNoSsh(what: string): void {
  test.runIf(!hasSsh)(`NOT TESTED: ${what}: ${missing.join("; ")}`, () => {
    expect(process.env["CI"], "CI has to run the tests with an ssh server installed").not.toBe("true");
  });
}
