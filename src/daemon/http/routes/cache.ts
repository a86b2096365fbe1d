import type { Services } from "../services.ts";
import { progressOf } from "./progress.ts";
import type { Routes } from "./route.ts";

const JSON_TYPE = { "content-type": "application/json; charset=utf-8" } as const;

type Name = "warm" | "cacheStats" | "redisStatus" | "cacheRead" | "cacheWrite" | "cacheRemove";

export function cacheRoutes(services: Services): Routes<Name> {
  return {
    warm: async ({ body, hangUp }) => progressOf(await services.warm(body, hangUp())),
    cacheRead: async ({ params }) => ({ status: 200, body: await services.readValue(params), headers: JSON_TYPE }),
    cacheWrite: async ({ params, body }) => ({ status: 200, body: await services.keepValue(params, body) }),
    cacheRemove: async ({ params }) => ({ status: 200, body: await services.removeValue(params) }),
    cacheStats: async () => ({ status: 200, body: await services.cacheStats() }),
    redisStatus: async () => ({ status: 200, body: await services.redisStatus() }),
  };
}
