import type { Capability, Line } from "../record.ts";
import { cycles } from "./memory/cycles.ts";
import { neighbour } from "./memory/neighbour.ts";
import { ignoresPageCache } from "./memory/page-cache.ts";
import { climbs } from "./memory/pressure.ts";
import { recycles } from "./memory/recycling.ts";
import { presetModel } from "./models/presets.ts";

const PASSES = 10;

export const memory: Capability = {
  name: "memory",
  summary: "The governor under real pressure in a limited cgroup, with DistilBERT-size models",
  async *run(say): AsyncGenerator<Line> {
    const int8 = presetModel("distilbert-int8", say);
    yield* cycles(int8, say);
    yield* ignoresPageCache(int8, say);
    yield* neighbour(int8, say);
    yield* recycles(int8, say);
    yield* climbs(int8, PASSES, say);
  },
};
