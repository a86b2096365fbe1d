import type { Services } from "../services.ts";
import { alertRoutes } from "./alerts.ts";
import { backupRoutes } from "./backup.ts";
import { cacheRoutes } from "./cache.ts";
import { classifyRoutes } from "./classify.ts";
import { configRoutes } from "./config.ts";
import { eventRoutes } from "./events.ts";
import { healthRoutes } from "./health.ts";
import { inboxRoutes } from "./inbox.ts";
import { memoryRoutes } from "./memory.ts";
import { metricsRoutes } from "./metrics.ts";
import { modelRoutes } from "./model.ts";
import { modelsRoutes } from "./models.ts";
import { processRoutes } from "./process.ts";
import type { Routes } from "./route.ts";

/** A handler for each endpoint; the type says that none is missing. */
export function allRoutes(services: Services): Routes {
  return {
    ...classifyRoutes(services),
    ...cacheRoutes(services),
    ...healthRoutes(services),
    ...memoryRoutes(services),
    ...alertRoutes(services),
    ...eventRoutes(services),
    ...metricsRoutes(services),
    ...processRoutes(services),
    ...modelRoutes(services),
    ...modelsRoutes(services),
    ...inboxRoutes(services),
    ...backupRoutes(services),
    ...configRoutes(services),
  };
}
