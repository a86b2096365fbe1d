import type { Services } from "../services.ts";
import type { Routes } from "./route.ts";
import { statusOf, waits } from "./wait.ts";

export function processRoutes(services: Services): Routes<"processStatus" | "processLife" | "recycle"> {
  return {
    processStatus: async () => ({ status: 200, body: await services.processStatus() }),
    processLife: async ({ query }) => ({ status: 200, body: await services.processLife(query) }),
    recycle: async ({ query, body, by }) => ({
      status: statusOf(query),
      body: await services.recycle(body.slot, waits(query), by),
    }),
  };
}
