import type { Services } from "../services.ts";
import type { Routes } from "./route.ts";
import { statusOf, waits } from "./wait.ts";

export function modelRoutes(services: Services): Routes<"modelLoad" | "modelUnload" | "modelUse"> {
  return {
    modelLoad: async ({ query, by }) => ({ status: statusOf(query), body: await services.load(waits(query), by) }),
    modelUse: async ({ body, by }) => ({ status: 200, body: await services.use(body, by) }),
    modelUnload: async ({ query, by }) => ({ status: statusOf(query), body: await services.unload(waits(query), by) }),
  };
}
