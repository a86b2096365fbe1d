import type { Services } from "../services.ts";
import type { Routes } from "./route.ts";

export function inboxRoutes(services: Services): Routes<"inbox" | "inboxLabel" | "inboxForget"> {
  return {
    inbox: async ({ query }) => ({ status: 200, body: await services.inbox(query) }),
    inboxLabel: async ({ body }) => ({ status: 200, body: await services.labelInbox(body) }),
    inboxForget: async ({ body }) => ({ status: 200, body: await services.forgetInbox(body) }),
  };
}
