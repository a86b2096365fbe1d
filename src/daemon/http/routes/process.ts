import type { Services } from "../services.ts";
import type { Routes } from "./route.ts";
import { statusOf, waits } from "./wait.ts";

export function processRoutes(services: Services): Routes<"processStatus" | "recycle"> {
  return {
    processStatus: async () => ({ status: 200, body: await services.processStatus() }),
    recycle: async ({ query, body }) => ({
      status: statusOf(query),
      body: await services.recycle(body.slot, waits(query)),
    }),
  };
}
