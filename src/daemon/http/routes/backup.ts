import type { Services } from "../services.ts";
import { progressOf } from "./progress.ts";
import type { Routes } from "./route.ts";

export function backupRoutes(services: Services): Routes<"backups" | "backup" | "restore"> {
  return {
    backups: async () => ({ status: 200, body: await services.backups() }),
    backup: async ({ body }) => progressOf(services.backup(body)),
    restore: async ({ body }) => progressOf(services.restore(body)),
  };
}
