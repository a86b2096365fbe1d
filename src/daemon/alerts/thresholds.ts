import type { Settings } from "../../lib/config/settings.ts";
import type { AlertThresholds } from "../policy/alerts/reading.ts";

export function thresholdsOf({ memory, alerts, modelLoadTimeoutMs }: Settings): AlertThresholds {
  return {
    memoryWarning: memory.warning,
    memoryCritical: memory.critical,
    memoryEmergency: memory.emergency,
    ...alerts,
    loadTimeoutMs: modelLoadTimeoutMs,
  };
}
