import { startCaller } from "./caller.ts";
import type { CallerOrder } from "./caller.ts";

// Started by callers.ts; the order is the first message, and each message back has the report so far.

const REPORT_MS = 250;

process.once("message", (order: CallerOrder) => void call(order));

async function call(order: CallerOrder): Promise<void> {
  const { report, done } = startCaller(order);
  const tell = (isDone: boolean): void => void process.send?.({ report, isDone });
  const timer = setInterval(() => tell(false), REPORT_MS);
  await done;
  clearInterval(timer);
  tell(true);
  process.disconnect();
}
