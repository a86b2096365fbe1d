import type { Services } from "../services.ts";
import type { Routes } from "./route.ts";

export function configRoutes(services: Services): Routes<"config"> {
  return {
    config: async () => ({ status: 200, body: await services.config() }),
  };
}
