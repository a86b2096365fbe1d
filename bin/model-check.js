#!/usr/bin/env node
// What combot model check runs, in a process of its own: the CLI loads nothing of the daemon.
// usage: node bin/model-check.js '{"dir":"./my-model","texts":["hello"]}'
import { checkModel } from "../dist/daemon/model-check.js";

// The check, and its worker, end with whoever wanted to know, however that ended.
const stop = new AbortController();
process.on("disconnect", () => {
  stop.abort();
  process.exit();
});
process.channel?.unref();

try {
  const report = await checkModel(JSON.parse(process.argv[2] ?? "{}"), {
    onStage: (stage) => process.connected && process.send({ stage }),
    signal: stop.signal,
  });
  process.stdout.write(`${JSON.stringify(report)}\n`);
} catch (thrown) {
  const { reportFailure } = await import("../dist/lib/cli/failure.js");
  reportFailure(thrown, ["--json"]);
}
