import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { BUNDLED_MODEL_DIR } from "../../../../src/daemon/model/bundled-model.ts";
import type { ProcessStatus } from "../../../../src/lib/protocol/process.ts";
import { PrivateDaemon } from "../../../../scripts/support/private-daemon.ts";
import type { LoadReply } from "../../../../src/lib/protocol/model.ts";
import type { Line } from "../../record.ts";
import { median, round } from "../../statistics.ts";

const FILES = ["config.json", "tokenizer.json", "tokenizer_config.json", "model.onnx"];

/** Size, held-out accuracy as the trainer wrote it down, and the time from the order to load to two workers serving. */
export async function* bundledModel(): AsyncGenerator<Line> {
  const present = readdirSync(BUNDLED_MODEL_DIR).filter((name) => FILES.includes(name));
  const megabytes = round(present.reduce((sum, name) => sum + statSync(join(BUNDLED_MODEL_DIR, name)).size, 0) / 1e6);
  yield { what: "bundled model, MB on disk", measured: megabytes, target: "under 4", pass: megabytes < 4 };
  const metrics = JSON.parse(readFileSync(join(BUNDLED_MODEL_DIR, "metrics.json"), "utf8")) as { accuracy: number };
  const accuracy = round(metrics.accuracy, 4);
  yield { what: "bundled model, held-out accuracy", measured: accuracy, target: "at least 0.92", pass: accuracy >= 0.92 };
  const daemon = await PrivateDaemon.start({ env: { LOG_LEVEL: "error", WORKERS: "1" } });
  try {
    const times: number[] = [];
    for (let attempt = 0; attempt < 11; attempt++) {
      await daemon.json("POST", "/api/model/unload/?wait=true");
      times.push((await daemon.json<LoadReply>("POST", "/api/model/load/?wait=true")).durationMs);
      await daemon.json<ProcessStatus>("GET", "/api/process/status/");
    }
    const loadMs = round(median(times), 0);
    yield { what: "bundled model, load in a new process, ms", measured: loadMs, target: "under 150", pass: loadMs < 150 };
  } finally {
    await daemon.stop();
  }
}
