import type { AlertName } from "../../../lib/protocol/alerts.ts";
import type { AlertRule } from "./rule.ts";
import { MACHINE_RULES } from "./rules/machine.ts";
import { MEMORY_RULES } from "./rules/memory.ts";
import { SERVING_RULES } from "./rules/serving.ts";
import { STORE_RULES } from "./rules/stores.ts";

/** Every alert there is. */
export const ALERT_RULES: Readonly<Record<AlertName, AlertRule>> = {
  ...MEMORY_RULES,
  ...SERVING_RULES,
  ...STORE_RULES,
  ...MACHINE_RULES,
};
