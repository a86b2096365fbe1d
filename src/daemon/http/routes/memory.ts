import type { Services } from "../services.ts";
import type { Routes } from "./route.ts";

export function memoryRoutes(services: Services): Routes<"memory" | "cleanup" | "decisions"> {
  return {
    memory: async () => ({ status: 200, body: await services.memory() }),
    cleanup: async ({ body, by }) => ({ status: 200, body: await services.cleanup(body, by) }),
    decisions: async ({ query }) => ({ status: 200, body: await services.decisions(query) }),
  };
}
