import { Generator } from "./generator.ts";
import type { FromGenerator, LoadOrder, ToGenerator } from "./order.ts";

/** The generator, in a process of its own: nothing that draws, parses or samples stands in its way. */
const PROGRESS_EVERY_MS = 500;

function tell(message: FromGenerator): void {
  if (process.connected) process.send?.(message);
}

async function run(order: LoadOrder): Promise<void> {
  const generator = new Generator(order);
  process.on("message", (message: ToGenerator) => {
    if (message.type === "stop") generator.stop(message.graceMs);
  });
  const timer = setInterval(() => tell({ type: "progress", progress: generator.progress }), PROGRESS_EVERY_MS);
  const result = await generator.run({
    onMeasuring: () => tell({ type: "measuring" }),
    onOver: () => tell({ type: "over" }),
  });
  clearInterval(timer);
  process.send?.({ type: "result", result } satisfies FromGenerator, () => process.disconnect());
}

// Ctrl-C comes to the whole group: whoever ordered the load says when it is over.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => undefined);
// Whoever ordered it has gone.
process.once("disconnect", () => process.exit());
process.once("message", (message: ToGenerator) => {
  if (message.type === "order") void run(message.order);
});
