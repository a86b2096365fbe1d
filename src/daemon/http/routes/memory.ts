import type { Services } from "../services.ts";
import type { Routes } from "./route.ts";

export function memoryRoutes(services: Services): Routes<"memory"> {
  return {
    memory: async () => ({ status: 200, body: await services.memory() }),
  };
}
