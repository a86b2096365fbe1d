#!/usr/bin/env node
// What combot plan runs, in a process of its own: the CLI loads nothing of the daemon.
// usage: node bin/plan.js '{"dir":"./my-model", …}'
import { planMachines } from "../dist/daemon/plan.js";

// It and its workers end with whoever wanted to know, however that ended.
const stop = new AbortController();
process.on("disconnect", () => {
  stop.abort();
  process.exit();
});
process.channel?.unref();

try {
  const report = await planMachines(JSON.parse(process.argv[2] ?? "{}"), {
    onStage: (stage, step) => process.connected && process.send({ stage, step }),
    signal: stop.signal,
  });
  process.stdout.write(`${JSON.stringify(report)}\n`);
} catch (thrown) {
  const { reportFailure } = await import("../dist/lib/cli/failure.js");
  reportFailure(thrown, ["--json"]);
}
