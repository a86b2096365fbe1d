import type { Capability } from "../record.ts";
import { healthy } from "./watch/healthy.ts";

export const watch: Capability = {
  name: "watch",
  summary: "Alerts that fire when they should and not else, webhooks, and the TCP listener under attack",
  parts: [{ name: "healthy", run: healthy }],
};
