import type { AlertName } from "../../../../lib/protocol/alerts.ts";
import type { AlertRule } from "../rule.ts";
import { atOnce } from "../rule.ts";

/** A tenth of the CPU time away makes every answer later, and one in ten of a busy machine's is felt. */
const MUCH_STOLEN = 0.1;
const STOLEN_SLACK = 0.02;

export const MACHINE_RULES = {
  "cpu-stolen": {
    severity: "warning",
    summary: "The host gives the machine less CPU time than it wants.",
    cause:
      "A burstable machine (t3) has used up its CPU credits and runs at its baseline, or the host has more to do than it can.",
    help: "The provider's figures have the credits (CPUCreditBalance): a larger machine, one that is not burstable, or unlimited credits.",
    forMs: ({ afterMs }) => afterMs,
    windowMs: atOnce,
    threshold: () => MUCH_STOLEN,
    measure: ({ now }) => now.cpuStolen,
    promql: () => "combot_cpu_stolen_ratio",
    measures: "share of the machine's CPU time of the last minute that the host gave to others (steal)",
    slack: STOLEN_SLACK,
  },
} as const satisfies Partial<Record<AlertName, AlertRule>>;
