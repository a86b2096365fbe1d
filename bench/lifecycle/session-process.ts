import { InferenceSession, Tensor } from "onnxruntime-node";

/** The floor of a load: a process that creates one session as a worker does, runs a text of eight tokens, and says so. */
const [modelPath = ""] = process.argv.slice(2);
const TOKENS = 8;

const session = await InferenceSession.create(modelPath, {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  graphOptimizationLevel: "disabled",
});
const ids = (fill: bigint): Tensor => new Tensor("int64", new BigInt64Array(TOKENS).fill(fill), [1, TOKENS]);
await session.run(
  Object.fromEntries(session.inputNames.map((name) => [name, ids(name === "token_type_ids" ? 0n : 1n)])),
);
process.send?.("ready");
