// The least that a worker could be: requires the runtime, loads the prepared model, answers one text, says so.
// On "end" it ends like a worker does. usage: fork(this file, [modelPath, JSON array of token ids])
const { InferenceSession, Tensor } = require("onnxruntime-node");

async function main() {
  const [, , modelPath, ids] = process.argv;
  const session = await InferenceSession.create(modelPath, {
    executionProviders: ["cpu"],
    intraOpNumThreads: 1,
    graphOptimizationLevel: "disabled",
    logSeverityLevel: 3,
  });
  const tokens = JSON.parse(ids).map(BigInt);
  const dims = [1, tokens.length];
  const values = { input_ids: tokens, attention_mask: tokens.map(() => 1n), token_type_ids: tokens.map(() => 0n) };
  await session.run(
    Object.fromEntries(session.inputNames.map((name) => [name, new Tensor("int64", values[name], dims)])),
  );
  process.send("answered");
}

process.on("message", () => process.exit(0));
void main();
