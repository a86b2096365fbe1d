import { fastify } from "fastify";

/** The least that a Fastify server does for a classify call: reads it, checks it, and writes a reply by its schema. */
const [path = "", reply = "{}"] = process.argv.slice(2);

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
/** The same for every call, and as long as combot's. */
const fixed: unknown = JSON.parse(reply);

const app = fastify();
app.post("/api/classify/", { schema }, async () => fixed);
await app.listen({ path });
process.once("disconnect", () => process.exit());
process.send?.("ready");
