import type { Services } from "../services.ts";
import type { Routes } from "./route.ts";

export function classifyRoutes(services: Services): Routes<"classify"> {
  return {
    classify: async ({ body, hangUp }) => ({ status: 200, body: await services.classify(body, hangUp) }),
  };
}
