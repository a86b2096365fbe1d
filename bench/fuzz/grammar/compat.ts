import { inferenceRequest } from "../../../src/daemon/http/compat/hugging-face.ts";
import { inferRequest } from "../../../src/daemon/http/compat/infer.ts";
import { predictRequest, rerankRequest } from "../../../src/daemon/http/compat/text-embeddings.ts";
import type { Random } from "../random.ts";
import type { Place } from "./place.ts";
import { schemaOf } from "./values.ts";

const TEXT = "where is my parcel??";
/** By chance alone hardly one body in a hundred would be taken. */
const INFERENCES = [
  { inputs: TEXT },
  { inputs: [TEXT, "hello"], parameters: { top_k: 2 } },
  { inputs: { text: TEXT, text_pair: "no" } },
  { inputs: TEXT, parameters: { candidate_labels: ["a", "b"] } },
  { inputs: TEXT, parameters: { function_to_apply: "sigmoid" } },
];
const PREDICTIONS = [
  { inputs: TEXT },
  { inputs: [[TEXT], ["hello"]], truncate: true },
  { inputs: [TEXT, "hello"] },
  { inputs: [] },
  { inputs: TEXT, raw_scores: true },
];
const RERANKINGS = [{ query: TEXT, texts: ["a", "b"], return_text: true }];
const TENSORS = [
  { inputs: [{ name: "text", datatype: "BYTES", shape: [1], data: [TEXT] }] },
  {
    id: "1",
    inputs: [{ name: "text", datatype: "BYTES", shape: [2, 1], data: [[TEXT], ["hello"]] }],
    outputs: [{ name: "scores", parameters: { classification: 3 } }],
  },
  {
    inputs: [{ name: "text", datatype: "BYTES", shape: [1], parameters: { binary_data_size: 9 } }],
    parameters: { binary_data_output: true },
  },
];

function tells(path: string): Place {
  return { method: "GET", path, isDear: false };
}

function infers(path: string): Place {
  return { method: "POST", path, isDear: false, body: schemaOf(inferRequest), examples: TENSORS, hasTensors: true };
}

/** What COMBOT_COMPAT adds, as far as its routes have schemas, and as they are asked. */
export const COMPAT_PLACES: readonly Place[] = [
  ...["/hf/default", "/hf/{model}"].map((path): Place => {
    return { method: "POST", path, isDear: false, body: schemaOf(inferenceRequest), examples: INFERENCES };
  }),
  { method: "POST", path: "/tei/predict", isDear: false, body: schemaOf(predictRequest), examples: PREDICTIONS },
  { method: "POST", path: "/tei/rerank", isDear: false, body: schemaOf(rerankRequest), examples: RERANKINGS },
  ...["/tei/info", "/tei/health", "/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/default"].map(tells),
  ...["/v2/models/{model}", "/v2/models/default/ready", "/v2/models/default/versions/1/ready"].map(tells),
  ...["/v2/models/default/infer", "/v2/models/default/versions/1/infer", "/v2/models/{model}/infer"].map(infers),
  { method: "POST", path: "/v2/repository/index", isDear: false },
  ...["load", "unload"].map((verb): Place => {
    return { method: "POST", path: `/v2/repository/models/default/${verb}`, isDear: true };
  }),
];

/** What comes behind the JSON of an inference: elements with the length of each before it, or nearly. */
export function tensorBytes(random: Random): Buffer {
  if (random.chance(0.3)) return Buffer.from(Array.from({ length: random.int(40) }, () => random.int(256)));
  const text = Buffer.from(random.pick(["hello", "ä", "", "x".repeat(300)]));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(random.chance(0.9) ? text.length : random.pick([0, 1, 2 ** 31, 2 ** 32 - 1]));
  return Buffer.concat([length, text]);
}
