#!/usr/bin/env node
// What a command does in a process of its own: the CLI loads nothing of the daemon, and training computes without a pause.
// usage: node bin/alone.js model-check '{"dir":"./my-model","texts":["hello"]}'

/** Each takes a request, whom to tell how far it is, and a signal that ends it with its workers. */
const PROGRAMS = {
  "model-check": async () => (await import("../dist/daemon/model-check.js")).checkModel,
  "model-eval": async () => (await import("../dist/daemon/model-eval.js")).evaluateModel,
  plan: async () => (await import("../dist/daemon/plan.js")).planMachines,
  "model-train": async () => (await import("../dist/lib/training/train-folder.js")).trainFolder,
};

// It and its workers end with whoever wanted to know, however that ended.
const stop = new AbortController();
process.on("disconnect", () => {
  stop.abort();
  process.exit();
});
process.channel?.unref();

try {
  const [name, request = "{}"] = process.argv.slice(2);
  const perform = await PROGRAMS[name]();
  const onStage = (stage, step) => process.connected && process.send({ stage, step });
  const report = await perform(JSON.parse(request), { onStage, signal: stop.signal });
  process.stdout.write(`${JSON.stringify(report)}\n`);
} catch (thrown) {
  const { reportFailure } = await import("../dist/lib/cli/failure.js");
  reportFailure(thrown, ["--json"]);
}
