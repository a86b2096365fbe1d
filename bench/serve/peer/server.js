// What one would write without combot: a Fastify server with the model in it, for `pm2 start -i 2`.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Tokenizer } from "@huggingface/tokenizers";
import { fastify } from "fastify";
import { InferenceSession, Tensor } from "onnxruntime-node";

const { MODEL_DIR, MODEL_FILE, PORT } = process.env;
const readJson = (name) => JSON.parse(readFileSync(join(MODEL_DIR, name), "utf8"));

const { id2label } = readJson("config.json");
const tokenizer = new Tokenizer(readJson("tokenizer.json"), readJson("tokenizer_config.json"));
const session = await InferenceSession.create(MODEL_FILE, { intraOpNumThreads: 1 });

async function classify(text) {
  const { ids } = tokenizer.encode(text);
  const dims = [1, ids.length];
  const inputs = {
    input_ids: () => new Tensor("int64", BigInt64Array.from(ids, BigInt), dims),
    attention_mask: () => new Tensor("int64", new BigInt64Array(ids.length).fill(1n), dims),
    token_type_ids: () => new Tensor("int64", new BigInt64Array(ids.length), dims),
  };
  const feeds = Object.fromEntries(session.inputNames.map((name) => [name, inputs[name]()]));
  const { logits } = await session.run(feeds);
  return best(logits.data);
}

function best(logits) {
  const highest = Math.max(...logits);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - highest), 0);
  return { label: id2label[logits.indexOf(highest)], score: 1 / sum };
}

const schema = {
  body: { type: "object", required: ["text"], properties: { text: { type: "string", minLength: 1 } } },
  response: {
    200: { type: "object", properties: { label: { type: "string" }, score: { type: "number" } } },
  },
};

const app = fastify();
app.post("/classify", { schema }, ({ body }) => classify(body.text));
await app.listen({ host: "127.0.0.1", port: Number(PORT) });
process.send?.("ready");
