import type { Governor } from "../governor/governor.ts";
import type { Engine } from "../residency/engine.ts";
import { judgePool, nextTryOf } from "./health-report.ts";

/** For systemd's STATUS: `2 workers, model intents@ab12`, and what changes all the time: `41% memory`. */
export function describeForSystemd(engine: Engine, governor: Governor): { state: string; figures: string } {
  const { pool, model } = engine;
  const { sample, level } = governor;
  const workers = pool.serving === 1 ? "1 worker" : `${pool.serving} workers`;
  const why = pool.serving === 0 ? ` (${judgePool(pool).detail})` : "";
  const usage = sample ? `${Math.round(sample.usage * 100)}% memory` : "";
  return {
    state: `${workers}${why}, model ${model.name}@${model.digest.slice(0, 4)}`,
    figures: [level === "normal" ? usage : `${usage} (${level})`, nextTryOf(pool)].filter(Boolean).join(", "),
  };
}
