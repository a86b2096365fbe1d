import type { Services } from "../services.ts";
import type { Routes } from "./route.ts";

export function eventRoutes(services: Services): Routes<"events"> {
  return {
    events: async ({ lastEventId }) => ({ listen: (listener) => services.events(listener, lastEventId) }),
  };
}
