import type { Services } from "../services.ts";
import type { Routes } from "./route.ts";
import { statusOf, waits } from "./wait.ts";

type Names =
  | "models"
  | "modelsRescan"
  | "shadow"
  | "shadowStart"
  | "shadowStop"
  | "namedLoad"
  | "namedUnload"
  | "namedPin"
  | "namedUnpin"
  | "namedPut"
  | "namedRemove";

export function modelsRoutes(services: Services): Routes<Names> {
  return {
    models: async () => ({ status: 200, body: await services.listModels() }),
    modelsRescan: async ({ by }) => ({ status: 200, body: await services.rescanModels(by) }),
    shadow: async () => ({ status: 200, body: await services.shadow() }),
    shadowStart: async ({ body, query, by }) => ({
      status: statusOf(query),
      body: await services.startShadow(body, waits(query), by),
    }),
    shadowStop: async ({ by }) => ({ status: 200, body: await services.stopShadow(by) }),
    namedLoad: async ({ params, query, by }) => ({
      status: statusOf(query),
      body: await services.loadModel(params.name, waits(query), by),
    }),
    namedUnload: async ({ params, query, by }) => ({
      status: statusOf(query),
      body: await services.unloadModel(params.name, waits(query), by),
    }),
    namedPin: async ({ params, by }) => ({ status: 200, body: await services.pinModel(params.name, true, by) }),
    namedUnpin: async ({ params, by }) => ({ status: 200, body: await services.pinModel(params.name, false, by) }),
    namedPut: async ({ params, body, by }) => ({
      status: 200,
      body: await services.putModel(params.name, body.dir, by),
    }),
    namedRemove: async ({ params, by }) => ({ status: 200, body: await services.removeModel(params.name, by) }),
  };
}
