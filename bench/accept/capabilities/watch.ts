import type { Capability } from "../record.ts";
import { healthy } from "./watch/healthy.ts";
import { levelRules, rules } from "./watch/rules.ts";
import { series } from "./watch/series.ts";
import { tcp } from "./watch/tcp.ts";
import { webhook } from "./watch/webhook.ts";

export const watch: Capability = {
  name: "watch",
  summary: "Alerts that fire when they should and not else, and the TCP listener under attack, with the bundled model",
  parts: [
    { name: "healthy", run: healthy },
    { name: "rules", run: rules },
    { name: "levels", run: levelRules },
    { name: "webhook", run: webhook },
    { name: "tcp", run: tcp },
    { name: "series", run: series },
  ],
};
