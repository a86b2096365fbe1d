import type { Services } from "../services.ts";
import type { Routes } from "./route.ts";
import { statusOf, waits } from "./wait.ts";

export function modelRoutes(services: Services): Routes<"modelLoad" | "modelUnload"> {
  return {
    modelLoad: async ({ query }) => ({ status: statusOf(query), body: await services.load(waits(query)) }),
    modelUnload: async ({ query }) => ({ status: statusOf(query), body: await services.unload(waits(query)) }),
  };
}
