import type { Services } from "../services.ts";
import type { Routes } from "./route.ts";

export function alertRoutes(services: Services): Routes<"alerts"> {
  return {
    alerts: async () => ({ status: 200, body: await services.alerts() }),
  };
}
