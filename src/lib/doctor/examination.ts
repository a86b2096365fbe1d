import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../errors.ts";
import type { Check, CheckResult } from "./check.ts";
import { FILE_CHECKS } from "./checks/files.ts";
import { MACHINE_CHECKS } from "./checks/machine.ts";
import { REDIS_CHECKS } from "./checks/redis.ts";
import { SERVICE_CHECKS } from "./checks/service.ts";
import { UNIT_CHECKS } from "./checks/units.ts";
import type { Probe } from "./probe.ts";
import { hangLimitMs } from "../slowness.ts";

/** In the order of the report and of docs/doctor.md. */
export const CHECKS: readonly Check[] = [
  ...SERVICE_CHECKS,
  ...UNIT_CHECKS,
  ...REDIS_CHECKS,
  ...FILE_CHECKS,
  ...MACHINE_CHECKS,
];

const CHECK_LIMIT_MS = hangLimitMs(10_000);

/** All checks at once, each with a limit; one that can't be made is a warning, and keeps no other from its answer. */
export function examine(probe: Probe, limitMs = CHECK_LIMIT_MS): Promise<readonly CheckResult[]> {
  return Promise.all(CHECKS.map((check) => runCheck(check, probe, limitMs)));
}

async function runCheck(check: Check, probe: Probe, limitMs: number): Promise<CheckResult> {
  const { name } = check;
  const over = new AbortController();
  const late = delay(limitMs, undefined, { signal: over.signal }).then(() => {
    throw new Error(`no answer within ${limitMs / 1000} s`);
  });
  late.catch(() => undefined);
  try {
    return { name, ...(await Promise.race([check.run(probe), late])) };
  } catch (error) {
    return { name, status: "warn", found: `not known: ${messageOf(error)}`, command: "sudo combot doctor" };
  } finally {
    over.abort();
  }
}
