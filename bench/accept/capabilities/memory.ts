import type { Capability, Line } from "../record.ts";
import { climbs } from "./memory/pressure.ts";
import { presetModel } from "./models/presets.ts";

export const memory: Capability = {
  name: "memory",
  summary: "The governor under real pressure in a limited cgroup, with DistilBERT-size models",
  async *run(say): AsyncGenerator<Line> {
    const int8 = presetModel("distilbert-int8", say);
    yield* climbs(int8, Number(process.env["PASSES"] ?? 10), say);
  },
};
