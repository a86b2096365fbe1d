#!/usr/bin/env node
// What combot model check runs, in a process of its own: the CLI loads nothing of the daemon.
// usage: node bin/model-check.js '{"dir":"./my-model","texts":["hello"]}'
import { checkModel } from "../dist/daemon/model-check.js";

// The worker ends with this process, and this process with whoever wanted to know.
process.on("disconnect", () => process.exit());

try {
  const report = await checkModel(JSON.parse(process.argv[2] ?? "{}"), (stage) => process.send?.({ stage }));
  process.stdout.write(`${JSON.stringify(report)}\n`);
} catch (thrown) {
  const { reportFailure } = await import("../dist/lib/cli/failure.js");
  reportFailure(thrown, ["--json"]);
}
process.disconnect?.();
