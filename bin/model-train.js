#!/usr/bin/env node
// What combot model train runs, in a process of its own, which computes without a pause until it is over.
// usage: node bin/model-train.js '{"file":"rows.csv","out":"./my-model", …}'
import { trainFolder } from "../dist/lib/training/train-folder.js";

process.on("disconnect", () => process.exit());
process.channel?.unref();

try {
  const report = trainFolder(JSON.parse(process.argv[2] ?? "{}"), (stage, step) => {
    if (process.connected) process.send({ stage, step });
  });
  process.stdout.write(`${JSON.stringify(report)}\n`);
} catch (thrown) {
  const { reportFailure } = await import("../dist/lib/cli/failure.js");
  reportFailure(thrown, ["--json"]);
}
