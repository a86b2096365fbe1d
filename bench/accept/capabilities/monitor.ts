import type { Capability } from "../record.ts";
import { cost } from "./monitor/cost.ts";
import { endings } from "./monitor/endings.ts";
import { past } from "./monitor/past.ts";
import { replay } from "./monitor/replay.ts";
import { shows } from "./monitor/shows.ts";

export const monitor: Capability = {
  name: "monitor",
  summary: "combot monitor: what it costs beside glances and btop, how soon it shows things, twelve hours, its ends",
  parts: [cost, shows, past, replay, endings],
};
