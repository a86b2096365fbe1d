import type { Services } from "../services.ts";
import type { Routes } from "./route.ts";

const RETRY_AFTER_SECONDS = "1";

export function healthRoutes(services: Services): Routes<"health"> {
  return {
    health: async () => {
      const body = await services.health();
      if (body.status !== "unhealthy") return { status: 200, body };
      return { status: 503, body, headers: { "retry-after": RETRY_AFTER_SECONDS } };
    },
  };
}
