import type { CheckResult } from "../../../../src/lib/doctor/check.ts";
import type { Line } from "../../record.ts";
import { equals, onMachine } from "./on-machine.ts";

/** On the machine as it was deployed: nothing fails, Redis is looked at, and the weekly check passes. */
export async function* examines(say: (progress: string) => void): AsyncGenerator<Line> {
  yield* onMachine(true, async function* (it) {
    const { status, stdout } = await it.combot("doctor", "--json");
    const { checks } = JSON.parse(stdout) as { checks: readonly CheckResult[] };
    for (const { name, found, status: verdict } of checks) if (verdict !== "ok") say(`${verdict} ${name}: ${found}`);
    yield equals("exit status of combot doctor", status, 0);
    yield { what: "checks", measured: checks.length, target: "at least 18", pass: checks.length >= 18 };
    yield equals(
      "checks that fail",
      checks
        .filter((check) => check.status === "fail")
        .map(({ name }) => name)
        .join(),
      "",
    );
    const warnings = checks.filter((check) => check.status === "warn").map(({ name, found }) => `${name}: ${found}`);
    yield { what: "warnings", measured: warnings.join("; "), target: "for the record", pass: true };
    for (const name of ["redis", "redis-acl", "drift", "secrets", "limits", "units-running"]) {
      const check = checks.find((one) => one.name === name);
      yield {
        what: `${name}: ${check?.status}`,
        measured: check?.found ?? "",
        target: "ok",
        pass: check?.status === "ok",
      };
    }
    await it.machine.run(["systemctl", "start", "combot-check.service"]);
    yield equals("the weekly check ends with", await it.machine.property("combot-check.service", "Result"), "success");
    const said = await it.machine.journal("combot-check.service");
    say(said);
    yield equals("its results are in the journal", /redis/.test(said) && /p99/.test(said), true);
  });
}
