import type { Services } from "../services.ts";
import type { Routes } from "./route.ts";
import { statusOf, waits } from "./wait.ts";

export function modelRoutes(services: Services): Routes<"modelLoad" | "modelUnload" | "modelUse"> {
  return {
    modelLoad: async ({ query }) => ({ status: statusOf(query), body: await services.load(waits(query)) }),
    modelUse: async ({ body }) => ({ status: 200, body: await services.use(body) }),
    modelUnload: async ({ query }) => ({ status: statusOf(query), body: await services.unload(waits(query)) }),
  };
}
