import { fastify } from "fastify";

/** The least that a Fastify server does for a classify call: reads it, checks it, and writes a reply by its schema. */
const [path = ""] = process.argv.slice(2);

const schema = {
  body: { type: "object", required: ["text"], properties: { text: { type: "string" }, user: { type: "string" } } },
  response: {
    200: {
      type: "object",
      properties: {
        results: {
          type: "array",
          items: {
            type: "object",
            properties: { label: { type: "string" }, score: { type: "number" }, cached: { type: "string" } },
          },
        },
        model: { type: "object", properties: { name: { type: "string" }, digest: { type: "string" } } },
        durationMs: { type: "number" },
      },
    },
  },
};
const reply = {
  results: [{ label: "order_status", score: 0.97, cached: "memory" }],
  model: { name: "bare", digest: "000000000000" },
  durationMs: 0.1,
};

const app = fastify();
app.post("/api/classify/", { schema }, async () => reply);
await app.listen({ path });
process.once("disconnect", () => process.exit());
process.send?.("ready");
