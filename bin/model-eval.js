#!/usr/bin/env node
// What combot model eval runs, in a process of its own: the CLI loads nothing of the daemon.
// usage: node bin/model-eval.js '{"file":"rows.csv","dir":"./my-model", …}'
import { evaluateModel } from "../dist/daemon/model-eval.js";

// It and its workers end with whoever wanted to know, however that ended.
const stop = new AbortController();
process.on("disconnect", () => {
  stop.abort();
  process.exit();
});
process.channel?.unref();

try {
  const report = await evaluateModel(JSON.parse(process.argv[2] ?? "{}"), {
    onStage: (stage, step) => process.connected && process.send({ stage, step }),
    signal: stop.signal,
  });
  process.stdout.write(`${JSON.stringify(report)}\n`);
} catch (thrown) {
  const { reportFailure } = await import("../dist/lib/cli/failure.js");
  reportFailure(thrown, ["--json"]);
}
