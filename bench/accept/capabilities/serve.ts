import type { Capability, Line } from "../record.ts";
import { survivesKills } from "./serve/kills.ts";
import { returnsMemory } from "./serve/unload.ts";
import { staysSmall } from "./serve/daemon-size.ts";
import { startsFast } from "./serve/start-up.ts";
import { drains } from "./serve/drain.ts";
import { streams } from "./serve/stream.ts";
import { shopTexts } from "./shop-texts.ts";

export const serve: Capability = {
  name: "serve",
  summary: "Worker processes, pool, queue, HTTP API and the first commands, with the bundled model",
  async *run(say): AsyncGenerator<Line> {
    const texts = shopTexts();
    yield* staysSmall(texts, say);
    yield* returnsMemory(texts, say);
    yield* startsFast(say);
    yield* drains(say);
    yield* streams(say);
    yield* survivesKills(texts, say);
  },
};
