import type { Services } from "../services.ts";
import type { Routes } from "./route.ts";

const RETRY_AFTER_SECONDS = "1";
const JSON_TYPE = { "content-type": "application/json; charset=utf-8" };

export function healthRoutes(services: Services): Routes<"health"> {
  return {
    health: async ({ admission }) => {
      const found = await services.health();
      // A load balancer without a token learns what it needs, and nobody else learns more.
      const body = admission.caller === "nobody" ? JSON.stringify({ status: found.status }) : found;
      if (found.status !== "unhealthy") return { status: 200, body, headers: JSON_TYPE };
      return { status: 503, body, headers: { ...JSON_TYPE, "retry-after": RETRY_AFTER_SECONDS } };
    },
  };
}
