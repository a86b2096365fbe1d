import type { Capability } from "../record.ts";
import { entryBytes } from "./cache/entry-bytes.ts";
import { cutOff, frozen, killed } from "./cache/redis-away.ts";
import { speed } from "./cache/speed.ts";
import { sweep } from "./cache/sweep.ts";
import { zipf } from "./cache/zipf.ts";

export const cache: Capability = {
  name: "cache",
  summary: "Memory over Redis: how fast cached answers are, what they hold, and what a Redis that dies costs",
  parts: [
    { name: "redis-killed", run: killed },
    { name: "redis-frozen", run: frozen },
    { name: "redis-cut-off", run: cutOff },
    { name: "speed", run: speed },
    { name: "zipf-100", run: (say) => zipf(100, "redis", say) },
    { name: "zipf-300", run: (say) => zipf(300, "redis", say) },
    { name: "zipf-100-alone", run: (say) => zipf(100, "off", say) },
    { name: "zipf-300-alone", run: (say) => zipf(300, "off", say) },
    { name: "entry-bytes", run: entryBytes },
    { name: "sweep", run: sweep },
  ],
};
