import type { Capability, Line } from "../record.ts";
import { answersAlike } from "./models/answers.ts";
import { bundledModel } from "./models/bundled.ts";
import { presetModel } from "./models/presets.ts";
import { sharesWeights } from "./models/sharing.ts";
import { startsFromPrepared } from "./models/start.ts";
import { switches } from "./models/switching.ts";
import { returnsMemory } from "./serve/unload.ts";
import { shopTexts } from "./shop-texts.ts";

export const models: Capability = {
  name: "models",
  summary: "Prepared and shared weights, switching models, the bundled model, at DistilBERT size",
  async *run(say): AsyncGenerator<Line> {
    const fp32 = presetModel("distilbert-fp32", say);
    const int8 = presetModel("distilbert-int8", say);
    yield* bundledModel();
    yield* sharesWeights(fp32, say);
    yield* startsFromPrepared(int8, say);
    yield* answersAlike({ fp32, int8 });
    yield* returnsMemory(shopTexts(), say, { COMBOT_MODEL_DIR: fp32 }, "DistilBERT-size fp32");
    yield* switches(say);
  },
};
