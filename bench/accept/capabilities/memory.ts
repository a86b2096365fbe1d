import type { Capability, Line, Part } from "../record.ts";
import { cycles } from "./memory/cycles.ts";
import { neighbour } from "./memory/neighbour.ts";
import { ignoresPageCache } from "./memory/page-cache.ts";
import { cleanupTime } from "./memory/cleanup-time.ts";
import { cold } from "./memory/cold.ts";
import { cost } from "./memory/cost.ts";
import { oneLong } from "./memory/one-long.ts";
import { oomKill } from "./memory/oom.ts";
import { climbs, inCgroup, withSetting } from "./memory/pressure.ts";
import { recycleTime } from "./memory/recycle-time.ts";
import { slowLoad } from "./memory/slow-load.ts";
import { useless } from "./memory/useless.ts";
import { users } from "./memory/users.ts";
import { reclaims } from "./memory/reclaim.ts";
import { recycles } from "./memory/recycling.ts";
import { soak } from "./memory/soak.ts";
import { presetModel } from "./models/presets.ts";

const PASSES = 10;

type Measure = (modelDir: string, say: (progress: string) => void) => AsyncGenerator<Line>;

/** Over a DistilBERT-size int8 model. */
function part(name: string, measure: Measure): Part {
  return {
    name,
    async *run(say) {
      yield* measure(presetModel("distilbert-int8", say), say);
    },
  };
}

export const memory: Capability = {
  name: "memory",
  summary: "The governor under real pressure in a limited cgroup, with DistilBERT-size models",
  parts: [
    part("cycles", cycles),
    part("page-cache", ignoresPageCache),
    part("neighbour", neighbour),
    part("recycling", recycles),
    part("climbs", (modelDir, say) => climbs(inCgroup, modelDir, PASSES, say)),
    part("climbs-setting", (modelDir, say) => climbs(withSetting, modelDir, PASSES, say)),
    part("recycle-time", recycleTime),
    part("cleanup-time", cleanupTime),
    part("users", users),
    part("cold", cold),
    part("slow-load", slowLoad),
    part("useless", useless),
    part("oom", oomKill),
    part("reclaim", reclaims),
    part("one-long", oneLong),
    part("cost", cost),
    part("soak", soak),
  ],
};
