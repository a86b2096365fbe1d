import type { Capability } from "../record.ts";
import { cost } from "./journal/cost.ts";
import { disks } from "./journal/disks.ts";
import { kills } from "./journal/kills.ts";
import { outages } from "./journal/outages.ts";
import { pairs } from "./journal/pairs.ts";
import { year } from "./journal/year.ts";

export const journal: Capability = {
  name: "journal",
  summary: "The journal in SQLite and Postgres: outages, kills, full and stalled disks, what it costs, a year of it",
  parts: [
    { name: "outages", run: outages },
    { name: "outage-p99", run: pairs },
    { name: "kills", run: kills },
    { name: "disks", run: disks },
    { name: "cost-cached", run: (say) => cost("cached", say) },
    { name: "cost-uncached", run: (say) => cost("uncached", say) },
    { name: "year", run: year },
  ],
};
