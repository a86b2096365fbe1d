import type { Services } from "../services.ts";
import type { Routes } from "./route.ts";

export function cacheRoutes(services: Services): Routes<"cacheStats" | "redisStatus"> {
  return {
    cacheStats: async () => ({ status: 200, body: await services.cacheStats() }),
    redisStatus: async () => ({ status: 200, body: await services.redisStatus() }),
  };
}
