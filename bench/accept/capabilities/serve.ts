import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Capability, Line } from "../record.ts";
import { survivesKills } from "./serve/kills.ts";
import { returnsMemory } from "./serve/unload.ts";
import { staysSmall } from "./serve/daemon-size.ts";
import { startsFast } from "./serve/start-up.ts";
import { drains } from "./serve/drain.ts";
import { streams } from "./serve/stream.ts";

/** Held-out texts of the bundled model: real input, none of it trained on. */
export function shopTexts(): string[] {
  const path = fileURLToPath(new URL("../../../models/shop-intents/data/test.csv", import.meta.url));
  const rows = readFileSync(path, "utf8").trim().split("\n").slice(1);
  return rows.filter((row) => !row.startsWith('"')).map((row) => row.slice(0, row.lastIndexOf(",")));
}

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
